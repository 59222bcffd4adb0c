import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '@cyborgjs/core';
import { buildMachine, nvidiaGpu } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

const moods = ['throws', 'spins', 'exits', 'answers garbage', 'hangs in a system call'] as const;
const hostOf = (mood: string) => `host-${mood.replaceAll(' ', '-')}`;

let directory: string;
let service: RunningService;

/** One host for each mood, and one that never has a bad one; each with a GPU beside its moody card. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-moods-'));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const moody = { package: fileURLToPath(new URL('./drivers/moody', import.meta.url)), config: { fifo } };
  const hosts = [...moods, 'fine'].map((mood) => {
    const root = join(directory, mood);
    buildMachine({ root, seed: mood, cards: [nvidiaGpu({ address: '0000:83:00.0' })] });
    writeFileSync(join(root, 'mood'), 'fine\n');
    const machine = { kind: 'simulated', root };
    return { name: hostOf(mood), machine, drivers: [{ package: '@cyborgjs/driver-gpu' }, moody] };
  });
  mkdirSync(join(directory, 'state'));
  service = await startService({
    stateDir: join(directory, 'state'),
    agent: { hosts, heartbeatIntervalMs: 500 },
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

const show = (mood: string) => service.get<Host>(`/v3/hosts/${hostOf(mood)}`);
const driverOf = (host: Host, id: string) => host.drivers.find((driver) => driver.id === id);
const setMood = (mood: string, now: string) => writeFileSync(join(directory, mood, 'mood'), `${now}\n`);
const discover = (mood: string) => service.post(`/v3/hosts/${hostOf(mood)}/discover`);

describe.each(moods)('a driver that %s', (mood) => {
  it('costs its own inventory, which is kept and marked stale, and nothing else', {
    timeout: 60_000,
  }, async () => {
    await until('both drivers reported', async () => (await show(mood)).devices === 2);
    setMood(mood, mood);
    await discover(mood);
    const host = await until('the failure is shown', async () => {
      const shown = await show(mood);
      return driverOf(shown, 'moody')?.stale ? shown : undefined;
    });
    expect(driverOf(host, 'moody')).toMatchObject({
      stale: true,
      devices: 1,
      failure: { message: expect.any(String) },
    });
    expect(driverOf(host, 'gpu')).toMatchObject({
      stale: false,
      devices: 1,
      state: 'running',
      restarts: 0,
      failure: null,
    });
    expect(host.state).toBe('up');
    expect(driverOf(await show('fine'), 'moody')).toMatchObject({ stale: false, restarts: 0 });
  });

  it('is believed again as soon as it answers', { timeout: 60_000 }, async () => {
    setMood(mood, 'fine');
    await until('the driver runs again', async () => {
      await discover(mood);
      return driverOf(await show(mood), 'moody')?.stale === false;
    });
    expect(driverOf(await show(mood), 'moody')).toMatchObject({
      state: 'running',
      failure: null,
      devices: 1,
    });
  });
});
