import { DeviceStats } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { serve } from './cyborg-against.ts';
import { startCyborg } from './run-cyborg.ts';
import { aProblem, type ScriptedAnswer } from './scripted-service.ts';

const first = aDevice();
const second = aDevice({ id: '3f2b0000-0000-4000-8000-000000000002', address: '0000:84:00.0' });
const stats = DeviceStats.parse({
  device: first.id,
  readAt: '2025-11-22T09:59:00.000Z',
  readings: [{ name: 'power', unit: 'watts', kind: 'gauge', value: 300 }],
});
/** As it comes when the limit of a minute is used up, or the database is away. */
const troubles: readonly ScriptedAnswer[] = [
  aProblem(429, 'request.rate_limited', { detail: 'more than 6000', headers: { 'retry-after': '40' } }),
  aProblem(503, 'store.unavailable', { detail: 'no database', headers: { 'retry-after': '40' } }),
];

describe('cyborg top', () => {
  it('looks on when the service is away or has had enough, and asks once for all readings', async () => {
    const answers = {
      'GET /v3/devices': (count: number) => troubles[count],
      'GET /v3/stats': (count: number) =>
        troubles[count] ?? { status: 200, body: { items: [stats], next: null } },
    };
    const service = await serve({ devices: [first, second], answers });
    const args = ['top', '--host', 'node-1', '--watch', '0.5', '--json'];
    const { child, ended } = startCyborg(args, { CYBORG_ENDPOINT: service.endpoint });
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { code, out, err } = await ended;
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/still waiting: more than 6000.*\nstill waiting: no database/),
    });
    expect(JSON.parse(out.split('\n')[0] ?? '')).toEqual([
      { device: first, stats },
      { device: second, stats: null },
    ]);
    const asked = new Set(service.seen.map(({ url }) => url.replace(/\?.*/, '')));
    expect([...asked].sort()).toEqual(['/v3/devices', '/v3/stats']);
  });
});
