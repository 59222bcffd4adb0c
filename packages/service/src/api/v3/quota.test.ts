import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const change = (limits: unknown, as: 'admin' | 'member' = 'admin') =>
  api.call({ method: 'PATCH', url: '/v3/quotas/p1', as, payload: { limits } });

describe('/v3/quotas', () => {
  it('sets limits, shows what is used, and refuses what is beyond them', async () => {
    const json = { 'content-type': 'application/json' };
    const v2 = (url: string, body: unknown) =>
      api.call({ method: 'POST', url, headers: json, payload: JSON.stringify(body) });
    await v2('/v2/device_profiles', [{ name: 'one', groups: [{ 'resources:FPGA': '1' }] }]);
    expect((await change({ FPGA: 1, PGPU: 8 })).status).toBe(200);
    expect((await v2('/v2/accelerator_requests', { device_profile_name: 'one' })).status).toBe(201);
    const refused = await v2('/v2/accelerator_requests', { device_profile_name: 'one' });
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.json().error_message)).toMatchObject({
      faultcode: 'Client',
      faultstring: expect.stringContaining('limit 1, used 1, asked 1'),
    });
    const shown = await api.call({ url: '/v3/quotas/p1', as: 'reader' });
    expect(shown.json()).toEqual({
      projectId: 'p1',
      quotas: [
        { resourceClass: '*', limit: -1, source: 'configuration', used: 1 },
        { resourceClass: 'FPGA', limit: 1, source: 'project', used: 1 },
        { resourceClass: 'PGPU', limit: 8, source: 'project', used: 0 },
      ],
    });
    expect((await change({ PGPU: null })).json().quotas).toHaveLength(2);
    expect((await api.call({ url: '/v3/quotas' })).json()).toEqual({
      items: [{ projectId: 'p1', limits: { FPGA: 1 } }],
      next: null,
    });
  });

  it.each([{ fpga: 1 }, { FPGA: -2 }, { FPGA: 1.5 }, { FPGA: '1' }, { '': 1 }, [], null])(
    'refuses %j',
    async (limits) => {
      const answer = await change(limits);
      expect(answer.status).toBe(400);
      expect(answer.json().detail).toContain('limits');
    },
  );

  it('shows a project to its own people, and changes it for administrators', async () => {
    expect((await api.call({ url: '/v3/quotas/p2', as: 'admin' })).status).toBe(200);
    const refused = await api.call({ url: '/v3/quotas/p2', as: 'manager' });
    expect(refused.json()).toMatchObject({ status: 403, detail: expect.stringContaining('yours is p1') });
    expect((await api.call({ url: '/v3/quotas', as: 'manager' })).status).toBe(403);
    expect((await change({ FPGA: 5 }, 'member')).status).toBe(403);
  });
});
