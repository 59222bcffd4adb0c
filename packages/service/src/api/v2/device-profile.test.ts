import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultOf, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const json = { 'content-type': 'application/json' };

describe('/v2/device_profiles', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });
  const post = (url: string, payload?: string | object, headers: Record<string, string> = json) =>
    api.call({ method: 'POST', url, headers, ...(payload !== undefined && { payload }) });
  const remove = (url: string) => api.call({ method: 'DELETE', url });

  const url = '/v2/device_profiles';
  const groups = [{ 'resources:FPGA': '1' }];
  const create = (name: string, more = {}) => post(url, [{ name, groups, ...more }]);
  const names = async (query = '') =>
    (await get(url + query)).json().device_profiles.map((profile: { name: string }) => profile.name);

  beforeAll(async () => {
    api = await startTestApi();
    for (const name of ['one', 'two', 'three', 'four', 'five']) expect((await create(name)).status).toBe(201);
  });
  afterAll(() => api.close());

  it.each([
    ['?name=two,one,none', ['one', 'two']],
    ['?name=', []],
    ['?name=one&name=two', ['two']],
    ['?name=ONE', []],
  ])('lists %s', async (query, found) => expect(await names(query)).toEqual(found));

  it('keeps the uuid that is asked for, in canonical form, and lets none have it twice', async () => {
    const uuid = randomUUID();
    const made = await create('own', {
      uuid: uuid.toUpperCase().replaceAll('-', ''),
      description: 'möglich',
    });
    expect(made.json()).toMatchObject({ uuid, description: 'möglich' });
    expect(made.text).toContain('"m\\u00f6glich"');
    const again = await create('other', { uuid });
    expect(again.status).toBe(409);
    expect(faultOf(again).faultstring).toBe(`DeviceProfile with uuid ${uuid} already exists.`);
    expect((await get(`${url}/${uuid}`)).json().device_profile.name).toBe('own');
  });

  it('stores nothing of what it refuses', async () => {
    const before = await names();
    expect((await create('poison', { uuid: 'nope' })).status).toBe(400);
    expect(await names()).toEqual(before);
  });

  it.each([
    ['', json, 400, 'Missing argument: "req_devprof_list"'],
    ['[{"name":', json, 400, 'Request is not in valid JSON format'],
    ['[]', {}, 400, 'Unknown argument: "[]"'],
    ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 400, 'Unknown argument: "a=b"'],
    ['[]', { 'content-type': 'text/plain' }, 415, 'Unknown mimetype: text/plain'],
    [`"${'x'.repeat(1_100_000)}"`, json, 413, 'too large'],
  ])('refuses the body %.10s with %j', async (payload, headers, status, text) => {
    const answer = await post(url, payload, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(faultOf(answer).faultstring).toContain(text);
  });

  it('takes JSON whatever its character set is called', async () => {
    const headers = { 'content-type': 'application/json; charset=UTF-8' };
    expect((await post(url, JSON.stringify([{ name: 'charset', groups }]), headers)).status).toBe(201);
  });

  it.each([
    [`${url}/${nobody}`, `Device Profile not found with uuid=${nobody}`],
    [`${url}/nope`, 'Device Profile not found with name=nope'],
    [`${url}?value=one,nope`, 'Device Profile not found with name=nope'],
    [`${url}?value=`, 'Device Profile not found with name='],
  ])('deletes nothing at %s', async (address, text) => {
    const answer = await remove(address);
    expect(answer.status).toBe(404);
    expect(faultOf(answer).faultstring).toBe(text);
    expect(await names('?name=one')).toEqual(['one']);
  });

  it.each([1, 300])(
    'takes as many statements to look for %i of them as for any other number',
    async (count) => {
      const before = api.statements.length;
      const wanted = Array.from({ length: count }, (_, index) => `none${index}`).join(',');
      expect((await remove(`${url}/${wanted},${nobody}`)).status).toBe(404);
      // Two to look, two to keep who asked.
      expect(api.statements.length - before).toBe(4);
    },
  );

  it.each([url, `${url}/`])('wants to know what to delete at %s', async (address) => {
    const answer = await remove(address);
    expect(answer.status).toBe(400);
    expect(faultOf(answer).faultstring).toBe('Missing argument: "value"');
  });

  it('deletes by uuid and by names, in the path and in the query', async () => {
    const { uuid } = (await get(`${url}?name=five`)).json().device_profiles[0];
    for (const address of [`${url}/one`, `${url}/two,three`, `${url}?value=four`, `${url}?value=${uuid}`]) {
      expect((await remove(address)).status, address).toBe(204);
    }
    expect(await names('?name=one,two,three,four,five')).toEqual([]);
  });
});
