import { randomUUID } from 'node:crypto';
import { Uuid } from '@cyborgjs/core';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, aDevice, type Persona, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const fpga = Uuid.parse(randomUUID());
const gpu = Uuid.parse(randomUUID());
const deployable = Uuid.parse(randomUUID());
const json = { 'content-type': 'application/json' };
const latest = { 'openstack-api-version': 'accelerator latest' };

const fault = (answer: Answer): { faultcode: string; faultstring: string } =>
  JSON.parse(answer.json().error_message);
const uuids = (items: { uuid: string }[]) => items.map(({ uuid }) => uuid);

describe('/v2', () => {
  let api: TestApi;
  const get = (url: string, headers = {}) => api.call({ url, headers });
  const post = (url: string, payload?: string | object, headers: Record<string, string> = json) =>
    api.call({ method: 'POST', url, headers, ...(payload !== undefined && { payload }) });
  const remove = (url: string) => api.call({ method: 'DELETE', url });

  beforeAll(async () => {
    api = await startTestApi({ publicEndpoint: 'https://cloud.example' });
    await putDevice(api, aDevice({ id: fpga }), deployable);
    await putDevice(
      api,
      aDevice({ id: gpu, host: 'compute2', kind: 'GPU', vendor: '10de', state: 'discovered' }),
    );
  });
  afterAll(() => api.close());

  describe('addresses', () => {
    it.each([
      '/v2/devices',
      '/v2/devices/',
      '/v2/devices.json',
      '/accelerator/v2/devices',
      '/accelerator/v2/devices/',
    ])('serves %s', async (url) => expect((await get(url)).json().devices).toHaveLength(2));

    it.each(['/', '/accelerator', '/accelerator/'])('lists the versions at %s, to anybody', async (url) => {
      const answer = await api.call({
        url,
        as: null,
        headers: { 'openstack-api-version': 'accelerator 9.9' },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('openstack-api-version');
      expect(answer.headers['content-type']).toBe('application/json');
      const version = {
        id: 'v2',
        status: 'CURRENT',
        max_version: '2.3',
        min_version: '2.0',
        links: [{ href: 'https://cloud.example/accelerator/v2', rel: 'self' }],
      };
      expect(answer.json()).toMatchObject({ versions: [version], default_version: version });
    });

    it('answers HEAD like GET', async () => {
      const [head, whole] = [
        await api.call({ method: 'HEAD', url: '/v2/devices' }),
        await get('/v2/devices'),
      ];
      expect(head.status).toBe(200);
      expect(head.text).toBe('');
      expect(head.headers['content-length']).toBe(String(whole.text.length));
    });

    it('answers OPTIONS before anything is looked at', async () => {
      const answer = await api.call({ method: 'OPTIONS', url: '/v2/nonsense', as: null });
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.headers).not.toHaveProperty('x-openstack-request-id');
    });

    it.each<[InjectOptions['method'] & string, string, number, string | undefined]>([
      ['GET', '/v1', 404, undefined],
      ['GET', '/v2/nonexistent', 404, undefined],
      ['GET', '/v2/accelerator_requests', 404, undefined],
      ['PATCH', '/v2/devices', 404, undefined],
      ['GET', `/v2/devices/${fpga}/enable`, 404, undefined],
      ['POST', `/v2/devices/${fpga}/explode`, 405, 'GET'],
      ['PUT', '/v2/device_profiles', 405, 'DELETE, GET, POST'],
      ['POST', '/v2', 405, 'GET'],
    ])('%s %s is %i', async (method, url, status, allow) => {
      const answer = await api.call({ method, url });
      expect(answer.status).toBe(status);
      expect(answer.headers.allow).toBe(allow);
      const title = status === 404 ? 'Not Found' : 'Method Not Allowed';
      expect(answer.json().error_message).toBe(`{"code": ${status}, "title": "${title}", "description": ""}`);
      expect(answer.headers).not.toHaveProperty('openstack-api-minimum-version');
    });

    it('tells nothing about addresses without a token', async () =>
      expect((await api.call({ url: '/v2/nonexistent', as: null })).status).toBe(401));
  });

  describe('order of checks', () => {
    const tooHigh = { 'openstack-api-version': 'accelerator 2.4' };

    it('the token comes before the microversion', async () =>
      expect((await api.call({ url: '/v2/devices', as: null, headers: tooHigh })).status).toBe(401));

    it('the microversion comes before the address', async () =>
      expect((await get('/v2/nonexistent', tooHigh)).status).toBe(406));

    it('a microversion that cannot be read is refused without any of its headers', async () => {
      const answer = await get('/v2/devices', { 'openstack-api-version': 'accelerator abc' });
      expect(answer.status).toBe(406);
      expect(answer.headers).not.toHaveProperty('openstack-api-minimum-version');
    });

    it('rights come before arguments and bodies', async () => {
      expect((await api.call({ url: '/v2/devices?bogus=1', as: 'reader' })).status).toBe(403);
      const request = { method: 'POST', url: '/v2/device_profiles', headers: json, payload: '{' } as const;
      expect((await api.call({ ...request, as: 'manager' })).status).toBe(403);
    });

    it.each(['application/xml', 'text/html', 'application/vnd.x+json'])('Accept: %s is 406', async (accept) =>
      expect((await get('/v2/devices', { accept })).status).toBe(406),
    );

    it.each(['*/*', 'application/json', 'text/html, application/*;q=0.5'])(
      'Accept: %s is served',
      async (accept) => expect((await get('/v2/devices', { accept })).status).toBe(200),
    );
  });

  it.each<[InjectOptions['method'] & string, string, Persona[]]>([
    ['GET', '/v2/devices', ['admin', 'manager']],
    ['GET', `/v2/devices/${nobody}`, ['admin', 'manager']],
    ['GET', '/v2/deployables', ['admin', 'manager']],
    ['GET', '/v2/attributes', ['admin', 'manager']],
    ['GET', '/v2/device_profiles', ['admin', 'manager', 'member', 'reader']],
    ['POST', '/v2/device_profiles', ['admin']],
    ['DELETE', '/v2/device_profiles', ['admin']],
    ['POST', '/v2/attributes', ['admin']],
    ['POST', `/v2/devices/${nobody}/disable`, ['admin']],
  ])('%s %s is for %j', async (method, url, allowed) => {
    for (const as of ['admin', 'manager', 'member', 'reader', 'service'] as const) {
      const { status } = await api.call({ method, url, as });
      expect(status === 403, as).toBe(!allowed.includes(as));
    }
  });

  describe('devices', () => {
    it('lists every device by order of arrival, whatever its state', async () => {
      const { devices } = (await get('/v2/devices', latest)).json();
      expect(devices).toMatchObject([
        { uuid: fpga, type: 'FPGA', status: 'enabled' },
        { uuid: gpu, type: 'GPU', status: 'maintaining' },
      ]);
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
      expect(fault(answer)).toMatchObject({
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
      expect(fault(answer).faultstring).toBe(`Device not found with uuid=${id}`);
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
      expect(fault(answer).faultstring).toContain('discovered');
    });
  });

  describe('deployables', () => {
    it('lists them under the names of their providers', async () => {
      const { deployables } = (await get('/v2/deployables')).json();
      expect(deployables).toMatchObject([
        {
          uuid: deployable,
          name: 'compute1_FakeDevice',
          num_accelerators: 16,
          rp_uuid: null,
          driver_name: 'fake',
        },
        { name: 'compute2_FakeDevice' },
      ]);
    });

    it('filters by that name', async () => {
      const query = 'filters.field=name&filters.value=compute1_FakeDevice';
      expect(uuids((await get(`/v2/deployables?${query}`)).json().deployables)).toEqual([deployable]);
    });

    it('takes no other arguments', async () =>
      expect((await get('/v2/deployables?name=x')).status).toBe(400));

    it.each([
      [nobody, 404, `Deployable not found with uuid=${nobody}`],
      ['nope', 400, "Invalid input for field/attribute uuid. Value: 'nope'."],
    ])('does not show %s', async (id, status, text) => {
      const answer = await get(`/v2/deployables/${id}`);
      expect(answer.status).toBe(status);
      expect(fault(answer).faultstring).toContain(text);
    });
  });

  describe('attributes', () => {
    const numberOf = async (id: string) => {
      const { items } = await api.store.deployables.list();
      return items.find((item) => item.id === id)?.number ?? 0;
    };

    it('filters by deployable and key', async () => {
      const number = await numberOf(deployable);
      const { attributes } = (await get(`/v2/attributes?deployable_id=${number}&key=rc`)).json();
      expect(attributes).toMatchObject([
        { deployable_id: number, key: 'rc', value: 'FPGA', updated_at: null },
      ]);
      expect((await get(`/v2/attributes/${attributes[0].uuid}`)).json()).toEqual(attributes[0]);
    });

    it('takes 0 and an empty key for no filter', async () =>
      expect((await get('/v2/attributes?deployable_id=0&key=')).json().attributes).toHaveLength(4));

    it('refuses a deployable_id that is no number', async () =>
      expect(fault(await get('/v2/attributes?deployable_id=x')).faultstring).toContain(
        'invalid literal for int()',
      ));

    it.each([
      [nobody, 404, `Attribute not found with uuid=${nobody}`],
      ['nope', 400, "Invalid input for field/attribute uuid. Value: 'nope'."],
    ])('does not show %s', async (id, status, text) => {
      const answer = await get(`/v2/attributes/${id}`);
      expect(answer.status).toBe(status);
      expect(fault(answer).faultstring).toContain(text);
    });

    it.each([false, true])('adds one and removes it (in an envelope: %s)', async (inEnvelope) => {
      const attribute = { deployable_id: await numberOf(deployable), key: 'traitg', value: 'CUSTOM_GOLDEN' };
      const added = await post(
        '/v2/attributes',
        inEnvelope ? { attribute } : { ...attribute, colour: 'red' },
      );
      expect(added.status).toBe(201);
      expect(added.json()).toMatchObject(attribute);
      const url = `/v2/attributes/${added.json().uuid}`;
      expect((await remove(url)).status).toBe(204);
      expect((await remove(url)).status).toBe(404);
    });

    it('does not add one to a deployable that is not there', async () =>
      expect((await post('/v2/attributes', { deployable_id: 99999, key: 'x', value: 'y' })).status).toBe(
        404,
      ));

    it.each(['[]', '{}', 'null', '{"deployable_id": 1, "value": "y"}', '{"attribute": 3}'])(
      'does not add %s',
      async (payload) => expect((await post('/v2/attributes', payload)).status).toBe(400),
    );
  });

  describe('device profiles', () => {
    const url = '/v2/device_profiles';
    const groups = [{ 'resources:FPGA': '1' }];
    const create = (name: string, more = {}) => post(url, [{ name, groups, ...more }]);
    const names = async (query = '') =>
      (await get(url + query)).json().device_profiles.map((profile: { name: string }) => profile.name);

    beforeAll(async () => {
      for (const name of ['one', 'two', 'three', 'four', 'five'])
        expect((await create(name)).status).toBe(201);
    });

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
      expect(fault(again).faultstring).toBe(`DeviceProfile with uuid ${uuid} already exists.`);
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
      expect(fault(answer).faultstring).toContain(text);
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
      expect(fault(answer).faultstring).toBe(text);
      expect(await names('?name=one')).toEqual(['one']);
    });

    it.each([url, `${url}/`])('wants to know what to delete at %s', async (address) => {
      const answer = await remove(address);
      expect(answer.status).toBe(400);
      expect(fault(answer).faultstring).toBe('Missing argument: "value"');
    });

    it('deletes by uuid and by names, in the path and in the query', async () => {
      const { uuid } = (await get(`${url}?name=five`)).json().device_profiles[0];
      for (const address of [`${url}/one`, `${url}/two,three`, `${url}?value=four`, `${url}?value=${uuid}`]) {
        expect((await remove(address)).status, address).toBe(204);
      }
      expect(await names('?name=one,two,three,four,five')).toEqual([]);
    });
  });
});
