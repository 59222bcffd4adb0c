import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, faultOf, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const fpga = Uuid.parse(randomUUID());
const gpu = Uuid.parse(randomUUID());
const latest = { 'openstack-api-version': 'accelerator latest' };
const uuids = (items: { uuid: string }[]) => items.map(({ uuid }) => uuid);

describe('/v2/devices', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });

  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice({ id: fpga }));
    await putDevice(
      api,
      aDevice({ id: gpu, host: 'compute2', kind: 'GPU', vendor: '10de', state: 'discovered' }),
    );
  });
  afterAll(() => api.close());

  it('lists every device by order of arrival, whatever its state', async () => {
    const { devices } = (await get('/v2/devices', latest)).json();
    expect(devices).toMatchObject([
      { uuid: fpga, type: 'FPGA', status: 'enabled' },
      { uuid: gpu, type: 'GPU', status: 'maintaining' },
    ]);
  });

  it.each(['/v2/devices', `/v2/devices/${fpga}`])('takes one statement for %s', async (url) => {
    const before = api.statements.length;
    await get(url);
    expect(api.statements.length - before).toBe(1);
  });

  it('tells the status from 2.3 on', async () =>
    expect(
      (await get(`/v2/devices/${fpga}`, { 'openstack-api-version': 'accelerator 2.2' })).json(),
    ).not.toHaveProperty('status'));

  it.each([
    ['type=GPU', [gpu]],
    ['type=', [fpga, gpu]],
    ['type=TPU', []],
    ['vendor=10de&hostname=compute2', [gpu]],
    ['vendor=10de&hostname=compute1', []],
    ['hostname=compute1&hostname=compute2', [gpu]],
    ['filters.field=limit&filters.value=1', [fpga]],
    [
      'filters[0].field=sort_key&filters[0].value=type&filters[1].field=sort_dir&filters[1].value=desc',
      [gpu, fpga],
    ],
    ['filters.field=board&filters.value=x', [fpga, gpu]],
  ])('?%s', async (query, found) =>
    expect(uuids((await get(`/v2/devices?${query}`)).json().devices)).toEqual(found),
  );

  it.each([
    ['bogus=1', 'Unknown argument: "bogus"'],
    [
      'filters.field=type&filters.value=x',
      "Invalid input for field/attribute field. Value: 'type'. Value should be one of",
    ],
    ['filters.field=limit&filters.value=x', "Invalid input for field/attribute limit. Value: 'x'"],
    ['filters.field=sort_key&filters.value=x', 'Sort key supplied is invalid: x'],
    ['filters=[]', 'Unknown argument: "filters"'],
  ])('refuses ?%s', async (query, text) => {
    const answer = await get(`/v2/devices?${query}`);
    expect(answer.status).toBe(400);
    expect(faultOf(answer)).toMatchObject({
      faultcode: 'Client',
      faultstring: expect.stringContaining(text),
    });
  });

  it.each([fpga.toUpperCase(), fpga.replaceAll('-', '')])('finds %s', async (id) =>
    expect((await get(`/v2/devices/${id}`)).json().uuid).toBe(fpga),
  );

  it.each([nobody, 'not-a-uuid'])('does not find %s', async (id) => {
    const answer = await get(`/v2/devices/${id}`);
    expect(answer.status).toBe(404);
    expect(faultOf(answer).faultstring).toBe(`Device not found with uuid=${id}`);
  });

  it('is closed and opened again, as often as one likes, at every microversion', async () => {
    const status = async () => (await get(`/v2/devices/${fpga}`, latest)).json().status;
    for (const [verb, then] of [
      ['disable', 'maintaining'],
      ['enable', 'enabled'],
    ] as const) {
      for (const _ of [1, 2]) {
        const answer = await api.call({ method: 'POST', url: `/v2/devices/${fpga}/${verb}` });
        expect(answer).toMatchObject({ status: 204, text: '' });
        expect(answer.headers).not.toHaveProperty('content-type');
      }
      expect(await status()).toBe(then);
    }
  });

  it('is not opened before it was installed', async () => {
    const answer = await api.call({ method: 'POST', url: `/v2/devices/${gpu}/enable` });
    expect(answer.status).toBe(409);
    expect(faultOf(answer).faultstring).toContain('discovered');
  });
});
