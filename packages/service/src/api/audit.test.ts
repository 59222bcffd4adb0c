import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord, Page } from '@cyborgjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { aDevice, putDevice, startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
afterEach(() => api.close());

const json = { 'content-type': 'application/json' };
const group = { 'resources:FPGA': '1' };
const post = (url: string, body: unknown, as: 'admin' | 'member' = 'admin', headers = {}) =>
  api.call({ method: 'POST', url, as, headers: { ...json, ...headers }, payload: JSON.stringify(body) });
const records = async (query = '') =>
  (await api.call({ url: `/v3/audit${query}` })).json() as Page<AuditRecord>;

describe('the record of changes', () => {
  it('says who asked for what, when, and what became of it', async () => {
    api = await startTestApi();
    const made = await post('/v2/device_profiles', [{ name: 'gold', groups: [group] }], 'admin', {
      'x-openstack-request-id': 'req-of-nova',
      'x-service-token': 'service',
    });
    expect(made.status).toBe(201);
    expect((await records()).items).toEqual([
      {
        requestId: made.headers['x-openstack-request-id'],
        globalRequestId: 'req-of-nova',
        at: '2026-01-01T08:57:27.123Z',
        userId: 'admin',
        projectId: 'p1',
        roles: ['admin', 'manager', 'member', 'reader'],
        serviceUserId: 'service',
        method: 'POST',
        route: '/v2/device_profiles',
        target: 'gold',
        outcome: 'done',
        status: 201,
        errorCode: null,
      },
    ]);
  });

  it('has what was refused, for what reason, and what stood in the address', async () => {
    api = await startTestApi();
    await api.call({ method: 'POST', url: '/v3/devices/no-such/ready' });
    await api.call({ method: 'DELETE', url: '/v2/device_profiles?value=gold', as: 'member' });
    await post('/v2/device_profiles', [{ name: '' }]);
    expect((await records()).items).toMatchObject([
      { target: '', outcome: 'refused', status: 400, errorCode: 'request.invalid' },
      { userId: 'member', target: 'gold', outcome: 'refused', status: 403, errorCode: 'auth.denied' },
      {
        route: '/v3/devices/:id/ready',
        target: 'no-such',
        outcome: 'refused',
        status: 404,
        errorCode: 'device.not_found',
      },
    ]);
  });

  it('has the end of a request that changed something and was refused all the same', async () => {
    api = await startTestApi();
    await post('/v2/device_profiles', [{ name: 'gold', groups: [group] }]);
    const made = await post('/v2/accelerator_requests', { device_profile_name: 'gold' }, 'member');
    const arq = made.json().arqs[0].uuid as string;
    const missing = '00000000-0000-0000-0000-000000000001';
    const removed = await api.call({
      method: 'DELETE',
      url: `/v2/accelerator_requests?arqs=${arq},${missing}`,
    });
    expect(removed.status).toBe(404);
    expect((await records('?limit=1')).items).toMatchObject([
      { target: `${arq},${missing}`, outcome: 'refused', status: 404 },
    ]);
    expect(await api.store.acceleratorRequests.list()).toEqual([]);
  });

  it('leaves out what only reads, nobody known, and whoever asks too often', async () => {
    api = await startTestApi({ requestsPerMinute: 3 });
    await api.call({ url: '/v2/devices' });
    await api.call({ method: 'POST', url: '/v3/devices/x/ready', as: null });
    await api.call({ method: 'POST', url: '/v3/nonsense' });
    await api.call({ method: 'POST', url: '/v3/devices/x/ready' });
    expect((await api.call({ method: 'POST', url: '/v3/devices/x/ready' })).status).toBe(429);
    expect((await api.store.audit.list()).items).toMatchObject([{ status: 404, target: 'x' }]);
  });

  it('is read page by page, and by user, project, outcome, target and time', async () => {
    api = await startTestApi();
    for (const name of ['a', 'b', 'c']) {
      await post('/v2/device_profiles', [{ name: `profile-${name}`, groups: [group] }]);
      api.clock.now += 1000;
    }
    await post('/v2/device_profiles', [{ name: 'd', groups: [group] }], 'member');
    const targets = async (query: string) => (await records(query)).items.map(({ target }) => target);
    const first = await records('?limit=2');
    expect(first.items.map(({ target }) => target)).toEqual(['', 'profile-c']);
    expect(await targets(`?limit=2&marker=${first.next}`)).toEqual(['profile-b', 'profile-a']);
    expect(await targets('?user=member')).toEqual(['']);
    expect(await targets('?project=p2')).toEqual([]);
    expect(await targets('?outcome=done&target=ile-b')).toEqual(['profile-b']);
    expect(await targets('?target=%25')).toEqual([]);
    expect(await targets('?since=2026-01-01T08:57:28Z&until=2026-01-01T09:57:29%2B01:00')).toEqual([
      'profile-b',
    ]);
    expect((await api.call({ url: '/v3/audit?since=yesterday' })).status).toBe(400);
    expect((await api.call({ url: '/v3/audit?marker=none' })).status).toBe(400);
    expect((await api.call({ url: '/v3/audit', as: 'manager' })).status).toBe(403);
  });

  it('is kept with the change or not at all', async () => {
    api = await startTestApi();
    const before = api.statements.length;
    await post('/v2/device_profiles', [{ name: 'gold', groups: [group] }]);
    const ours = api.statements.slice(before);
    const wrote = ours.findIndex((sql) => /insert into "audit"/.test(sql));
    expect(wrote).toBeGreaterThan(ours.findIndex((sql) => /insert into "device_profile"/.test(sql)));
    // The events are the last thing that a transaction writes: the record stands before them.
    expect(wrote).toBeLessThan(ours.findIndex((sql) => /insert into "event_arrival"/.test(sql)));
  });

  it('has the status of the answer, also of a route that can succeed in two ways', async () => {
    api = await startTestApi();
    const profile = { name: 'gold', groups: [group] };
    const answers = [await post('/v3/device-profiles', profile), await post('/v3/device-profiles', profile)];
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
    expect((await records()).items).toMatchObject([
      { status: 200, outcome: 'done', target: 'gold' },
      { status: 201, outcome: 'done', target: 'gold' },
    ]);
  });

  it('is kept once for an upload, with the first of its bytes', async () => {
    api = await startTestApi();
    const bytes = Buffer.alloc(2 * 1024 * 1024 + 1);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { id } = (await post('/v3/images', { size: bytes.length, sha256 })).json();
    const before = api.statements.length;
    const headers = { 'content-type': 'application/octet-stream' };
    await api.call({ method: 'PUT', url: `/v3/images/${id}/data`, headers, payload: bytes });
    const ours = api.statements.slice(before).filter((sql) => /insert into "(audit|image_piece)"/.test(sql));
    expect(ours.map((sql) => /"(\w+)"/.exec(sql)?.[1])).toEqual([
      'image_piece',
      'audit',
      'image_piece',
      'image_piece',
    ]);
    const wrong = { method: 'PUT', url: `/v3/images/${id}/data?offset=1`, headers, payload: bytes } as const;
    expect((await api.call(wrong)).status).toBe(409);
    expect((await records('?limit=2')).items).toMatchObject([
      { status: 409, outcome: 'refused', target: id },
      { status: 200, outcome: 'done', target: id, route: '/v3/images/:id/data' },
    ]);
  });

  it('stands in the access log too, whatever the store does', async () => {
    api = await startTestApi();
    await putDevice(api, aDevice());
    await api.store.close();
    const answer = await api.call({ method: 'POST', url: '/v3/hosts/compute1/discover', as: 'admin' });
    expect(answer.status).toBe(503);
    await pause(0);
    expect(api.logged.filter(({ msg }) => msg === 'answered')).toMatchObject([
      {
        reqId: answer.headers['x-openstack-request-id'],
        user: 'admin',
        status: 503,
        audit: {
          project: 'p1',
          roles: expect.arrayContaining(['admin']),
          serviceUser: null,
          route: '/v3/hosts/:name/discover',
          target: 'compute1',
          error: 'store.unavailable',
        },
      },
    ]);
  });

  it('cuts what a caller makes too long', async () => {
    api = await startTestApi();
    const headers = { 'x-openstack-request-id': 'r'.repeat(2_000) };
    await api.call({ method: 'DELETE', url: `/v2/device_profiles/${'n'.repeat(8_100)}`, headers });
    const [record] = (await records()).items;
    expect(record?.globalRequestId).toHaveLength(255);
    expect(record?.target).toHaveLength(8_000);
    expect(record?.target).toMatch(/^n+…$/);
  });
});
