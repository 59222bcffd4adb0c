import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device, Page } from '@cyborgjs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

let directory: string;
let service: RunningService;

const setMood = (mood: string) => writeFileSync(join(directory, 'machine/mood'), `${mood}\n`);
const device = async () => (await service.get<Page<Device>>('/v3/devices')).items[0];

/** A host whose only driver can be made to fall silent; its health is believed for three seconds. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-silence-'));
  for (const part of ['machine', 'state']) mkdirSync(join(directory, part));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  setMood('fine');
  const moody = { package: fileURLToPath(new URL('./drivers/moody', import.meta.url)), config: { fifo } };
  service = await startService({
    stateDir: join(directory, 'state'),
    agent: {
      hosts: [{ machine: { kind: 'simulated', root: join(directory, 'machine') }, drivers: [moody] }],
      rescanIntervalMs: 300,
      heartbeatIntervalMs: 300,
    },
    conductor: { healthTtlMs: 3_000, hostSilenceMs: 2_000 },
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('calls the health of a card unknown when its driver says nothing, and what it is when it does again', {
  timeout: 120_000,
}, async () => {
  await until('a healthy card', async () => (await device())?.health.state === 'ok');
  setMood('hangs in a system call');
  const isUnknown = async () => {
    const shown = await device();
    return shown?.health.state === 'unknown' ? shown : undefined;
  };
  const silent = await until('the end of its time to live', isUnknown, 60_000);
  expect(silent).toMatchObject({
    stale: true,
    health: { reason: expect.stringContaining('driver moody gave no good report since') },
  });
  setMood('fine');
  await until('health again', async () => (await device())?.health.state === 'ok');
});
