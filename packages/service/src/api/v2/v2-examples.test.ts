import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

const deviceId = Uuid.parse('62fccb20-0000-4000-8000-000000000001');
const deployableId = Uuid.parse('950e7ad9-0000-4000-8000-000000000002');
const profileId = Uuid.parse('765b25bd-0000-4000-8000-000000000003');
const providerId = Uuid.parse('1abf51e6-7b4d-3363-997b-5bd96bd3c8e3');
const json = { 'content-type': 'application/json' };
const at = (version: string) => ({ 'openstack-api-version': `accelerator ${version}` });

/** Exchanges with Cyborg master as its API reference shows them, to the byte. */
describe('the documented examples of the Cyborg API', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi();
    api.clock.now = Date.parse('2026-01-01T08:28:47Z');
    const other = aDevice({ host: 'compute2' });
    await putDevice(api, other, deployableId);
    api.clock.now = Date.parse('2026-01-01T08:28:48Z');
    await api.store.transaction((transaction) =>
      transaction.deployables.setProviders('compute2', new Map([['FakeDevice', providerId]])),
    );
    api.clock.now = Date.parse('2026-01-01T08:57:27Z');
    await putDevice(api, aDevice({ id: deviceId }));
    api.clock.now = Date.parse('2026-01-01T09:05:13Z');
  });
  afterAll(() => api.close());

  it('1: version document', async () => {
    const answer = await api.call({ url: '/accelerator/v2', as: null });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      vary: 'OpenStack-API-Version',
      'openstack-api-minimum-version': '2.0',
      'openstack-api-maximum-version': '2.3',
      'openstack-api-version': 'accelerator 2.0',
      'content-type': 'application/json',
      'x-openstack-request-id': expect.stringMatching(/^req-[0-9a-f-]{36}$/),
    });
    expect(answer.text).toBe(
      '{"id": "v2.0", "links": [{"href": "http://127.0.0.1:6666/accelerator/v2/", "rel": "self"}], "max_version": "2.3", "min_version": "2.0", "status": "CURRENT"}',
    );
  });

  it('2: no token', async () => {
    const answer = await api.call({ url: '/accelerator/v2/devices', as: null });
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer realm="cyborg"' });
    expect(answer.text).toBe(
      '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}',
    );
  });

  it('3: no right', async () => {
    const answer = await api.call({ url: '/accelerator/v2/devices', as: 'member' });
    expect(answer.status).toBe(403);
    expect(answer.text).toBe(
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Access was denied to the following resource: cyborg:device:get_all\\", \\"debuginfo\\": null}"}',
    );
  });

  it('4: version out of range', async () => {
    const answer = await api.call({ url: '/accelerator/v2/devices', headers: at('2.4') });
    expect(answer.status).toBe(406);
    expect(answer.headers).toMatchObject({ 'openstack-api-maximum-version': '2.3' });
    expect(answer.headers).not.toHaveProperty('openstack-api-version');
    expect(answer.text).toBe(
      '{"error_message": "{\\"code\\": 406, \\"title\\": \\"Not Acceptable\\", \\"description\\": \\"Version 2.4 was requested but the minor version is not supported by this service. The supported version range is: [2.0, 2.3].\\"}"}',
    );
  });

  it('5: devices at 2.3, but for vendor_board_info, which is of its driver', async () => {
    const answer = await api.call({ url: '/accelerator/v2/devices?hostname=compute1', headers: at('2.3') });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{"devices": [{"uuid": "62fccb20-0000-4000-8000-000000000001", "type": "FPGA", "vendor": "0xABCD", "model": "miss model info", "std_board_info": "{\\"device_id\\": \\"0xabcd\\", \\"class\\": \\"Fake class\\"}", "vendor_board_info": null, "hostname": "compute1", "status": "enabled", "links": [{"href": "http://127.0.0.1:6666/accelerator/v2/devices/62fccb20-0000-4000-8000-000000000001", "rel": "self"}], "created_at": "2026-01-01T08:57:27+00:00", "updated_at": null}]}',
    );
  });

  it('6: one deployable', async () => {
    const answer = await api.call({ url: `/accelerator/v2/deployables/${deployableId}` });
    expect(answer.status).toBe(200);
    expect(answer.text.replace('"device_id": 1', '"device_id": 2')).toBe(
      '{"uuid": "950e7ad9-0000-4000-8000-000000000002", "parent_id": null, "root_id": null, "name": "compute2_FakeDevice", "num_accelerators": 16, "device_id": 2, "attributes_list": "[{\\"traits1\\": \\"CUSTOM_FAKE_DEVICE\\"}, {\\"rc\\": \\"FPGA\\"}]", "rp_uuid": "1abf51e6-7b4d-3363-997b-5bd96bd3c8e3", "driver_name": "fake", "bitstream_id": null, "links": [{"href": "http://127.0.0.1:6666/accelerator/v2/deployables/950e7ad9-0000-4000-8000-000000000002", "rel": "self"}, {"href": "http://127.0.0.1:6666/accelerator/deployables/950e7ad9-0000-4000-8000-000000000002", "rel": "bookmark"}], "created_at": "2026-01-01T08:28:47+00:00", "updated_at": "2026-01-01T08:28:48+00:00"}',
    );
  });

  it('7: unknown argument', async () => {
    const answer = await api.call({ url: '/accelerator/v2/devices?sort_key=uuid&sort_dir=desc' });
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Unknown argument: \\\\\\"sort_key, sort_dir\\\\\\"\\", \\"debuginfo\\": null}"}',
    );
  });

  it('8: create a profile', async () => {
    api.ids.push(profileId);
    const payload = [
      { name: 'gold1', groups: [{ 'resources:FPGA': '1', 'trait:CUSTOM_FAKE_DEVICE': 'required' }] },
    ];
    const answer = await api.call({ method: 'POST', url: '/accelerator/v2/device_profiles', payload });
    expect(answer.status).toBe(201);
    expect(answer.text).toBe(
      '{"uuid": "765b25bd-0000-4000-8000-000000000003", "name": "gold1", "description": null, "groups": [{"resources:FPGA": "1", "trait:CUSTOM_FAKE_DEVICE": "required"}], "created_at": "2026-01-01T09:05:13+00:00", "updated_at": null, "links": [{"href": "http://127.0.0.1:6666/accelerator/v2/device_profiles/765b25bd-0000-4000-8000-000000000003", "rel": "self"}]}',
    );
  });

  it('9: the same, read alone: other envelope, other dates', async () => {
    const answer = await api.call({ url: '/accelerator/v2/device_profiles/gold1', headers: at('2.2') });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{"device_profile": {"name": "gold1", "description": null, "uuid": "765b25bd-0000-4000-8000-000000000003", "groups": [{"resources:FPGA": "1", "trait:CUSTOM_FAKE_DEVICE": "required"}], "created_at": "2026-01-01 09:05:13+00:00", "updated_at": "None", "links": [{"href": "http://127.0.0.1:6666/accelerator/v2/device_profiles/765b25bd-0000-4000-8000-000000000003", "rel": "self"}]}}',
    );
  });

  it('10: by name below 2.2', async () => {
    const answer = await api.call({ url: '/accelerator/v2/device_profiles/gold1' });
    expect(answer.status).toBe(406);
    expect(answer.headers).toMatchObject({ 'openstack-api-version': 'accelerator 2.0' });
    expect(answer.text).toBe(
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Request not acceptable. The minimal required API version should be 2.2\\", \\"debuginfo\\": null}"}',
    );
  });

  it('11: duplicate name', async () => {
    const payload = '[{"name": "gold1", "groups": [{"resources:FPGA": "1"}]}]';
    const url = '/accelerator/v2/device_profiles';
    const answer = await api.call({ method: 'POST', url, headers: json, payload });
    expect(answer.status).toBe(409);
    expect(answer.text).toBe(
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"A device_profile with name gold1 already exists.\\", \\"debuginfo\\": null}"}',
    );
  });
});
