import { randomUUID } from 'node:crypto';
import { errorTable, Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpStatus } from '../http-status.ts';
import { faultOf, startTestApi, type TestApi } from '../test-api.ts';

const nobody = '00000000-0000-0000-0000-000000000001';
const instance = randomUUID();
const url = '/v2/accelerator_requests';

describe('/v2/accelerator_requests', () => {
  let api: TestApi;
  let ids: string[];
  beforeAll(async () => {
    api = await startTestApi();
    const headers = { 'content-type': 'application/json' };
    const post = (path: string, body: unknown) =>
      api.call({ method: 'POST', url: path, headers, payload: JSON.stringify(body) });
    await post('/v2/device_profiles', [{ name: 'two', groups: [{ 'resources:FPGA': '2' }] }]);
    const made = await post(url, { device_profile_name: 'two' });
    ids = made.json().arqs.map(({ uuid }: { uuid: string }) => uuid);
    await api.store.transaction(({ acceleratorRequests }) =>
      acceleratorRequests.update([Uuid.parse(ids[0])], { state: 'BindStarted', instanceId: instance }),
    );
  });
  afterAll(() => api.close());

  it('is 423 for a server whose requests are still being bound, and says which', async () => {
    const answer = await api.call({ url: `${url}?instance=${instance}&bind_state=resolved` });
    expect(answer.status).toBe(423);
    expect(answer.status).toBe(
      httpStatus({ code: 'accelerator_request.unresolved', ...errorTable['accelerator_request.unresolved'] }),
    );
    expect(faultOf(answer).faultstring).toContain(`ARQ ${ids[0]} of instance ${instance} is BindStarted`);
  });

  it('shows what it is bound to only when it is Bound', async () => {
    const { arqs } = (await api.call({ url: `${url}?instance=${instance}` })).json();
    expect(arqs).toMatchObject([
      { state: 'BindStarted', attach_handle_type: '', attach_handle_uuid: null, attach_handle_info: {} },
    ]);
  });

  it('finds a server however its uuid is spelt', async () => {
    const spelt = instance.toUpperCase().replaceAll('-', '');
    expect((await api.call({ url: `${url}?instance=${spelt}` })).json().arqs).toHaveLength(1);
  });

  it('deletes what is there, whatever stands beside it, and tells what was not', async () => {
    const remove = (arqs: string) =>
      api.call({ method: 'DELETE', url: `${url}?arqs=${arqs}`, headers: { 'x-service-token': 'service' } });
    const refused = await remove(`nope,${nobody},${ids[1]}`);
    expect(refused.status).toBe(404);
    expect((await api.call({ url })).json().arqs).toHaveLength(1);
    expect((await remove('nope')).status).toBe(404);
    expect((await remove(`${ids[0]}`)).status).toBe(204);
    expect((await api.call({ url })).json().arqs).toEqual([]);
  });
});
