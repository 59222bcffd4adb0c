import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device, DeviceStats, Page } from '@cyborgjs/core';
import { buildMachine, nvidiaGpu, openSimulation } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

let root: string;
let service: RunningService;

const setCheer = (cheer: string) => writeFileSync(join(root, 'machine/cheer'), `${cheer}\n`);
const deviceOf = async (driver: string) => {
  const { items } = await service.get<Page<Device>>(`/v3/devices?driver=${driver}`);
  return items[0]?.id ?? '';
};
const statsOf = async (driver: string) =>
  service.get<DeviceStats>(`/v3/devices/${await deviceOf(driver)}/stats`);
const series = async (name: string) => {
  const text = await (await fetch(new URL('/metrics', service.url))).text();
  return text.split('\n').filter((line) => line.startsWith(name));
};

/** A host with a GPU and a card whose driver fails on demand. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cyborg-readings-'));
  const machine = { kind: 'simulated', root: join(root, 'machine') };
  buildMachine({ root: machine.root, seed: 'readings', cards: [nvidiaGpu({ address: '0000:83:00.0' })] });
  writeFileSync(join(machine.root, 'mood'), 'fine\n');
  setCheer('70');
  const moody = {
    package: fileURLToPath(new URL('./drivers/moody', import.meta.url)),
    config: { fifo: '/nowhere' },
  };
  mkdirSync(join(root, 'state'));
  service = await startService({
    stateDir: join(root, 'state'),
    agent: {
      hosts: [{ name: 'host-1', machine, drivers: [{ package: '@cyborgjs/driver-gpu' }, moody] }],
      statsIntervalMs: 200,
    },
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  rmSync(root, { recursive: true, force: true });
});

it('shows what a driver reads of a device, with its unit, in the API and to Prometheus', async () => {
  const stats = await until('readings of the card', async () => {
    const shown = await statsOf('moody');
    return shown.readings.length > 0 ? shown : undefined;
  });
  expect(stats).toEqual({
    device: await deviceOf('moody'),
    readAt: expect.any(String),
    readings: [{ name: 'cheer', unit: 'percent', kind: 'gauge', value: 70 }],
  });
  const all = await service.get<Page<DeviceStats>>('/v3/stats?host=host-1&limit=1000');
  expect(all).toMatchObject({
    items: expect.arrayContaining([{ ...stats, readAt: expect.any(String) }]),
    next: null,
  });
  expect(all.items).toHaveLength(2);
  expect(await series('cyborg_device_cheer_percent')).toEqual([
    `cyborg_device_cheer_percent{host="host-1",driver="moody",device="${stats.device}"} 70`,
  ]);
  setCheer('30');
  await until('the next reading', async () => (await statsOf('moody')).readings[0]?.value === 30);
});

it.each(['throws', 'sulks'])('goes on reading other drivers while one of them %s', async (how) => {
  await until('readings of the GPU', async () => (await statsOf('gpu')).readings.length > 0);
  setCheer(how);
  const [moody, gpu] = [await statsOf('moody'), await statsOf('gpu')];
  const laterMoody = await until('three more of the GPU', async () => {
    const { readAt } = await statsOf('gpu');
    return Date.parse(readAt ?? '') > Date.parse(gpu.readAt ?? '') + 600 ? statsOf('moody') : undefined;
  });
  // One sample may have been under way.
  expect(Date.parse(laterMoody.readAt ?? '') - Date.parse(moody.readAt ?? '')).toBeLessThan(500);
  expect(laterMoody.readings).toEqual(moody.readings);
});

it('shows nothing any more of a device that has gone', async () => {
  const gpu = await deviceOf('gpu');
  await until('the series of the GPU', async () => (await series('cyborg_device_power_watts')).length === 1);
  const simulation = openSimulation(join(root, 'machine'));
  simulation.unplug('0000:83:00.0');
  await service.post('/v3/hosts/host-1/discover');
  await until(
    'the end of it',
    async () => (await service.get<Device>(`/v3/devices/${gpu}`)).state === 'gone',
  );
  expect((await series('cyborg_device_')).filter((line) => line.includes(gpu))).toEqual([]);
  expect(await service.get(`/v3/devices/${gpu}/stats`)).toEqual({ device: gpu, readAt: null, readings: [] });
});

it('shows how long calls of drivers took, by verb and by how they ended', { timeout: 60_000 }, async () => {
  const name = 'cyborg_driver_call_duration_seconds';
  const ended = (driver: string, verb: string, outcome: string) => async () => {
    const labels = `host="host-1",driver="${driver}",verb="${verb}",outcome="${outcome}"`;
    const [line = ''] = await series(`${name}_count{${labels}}`);
    return Number(line.split(' ').at(-1)) >= 1;
  };
  await until('discoveries of the GPU driver', ended('gpu', 'discover', 'ok'));
  await until('readings of the moody driver', ended('moody', 'stats', 'ok'));
  const buckets = await series(`${name}_bucket{host="host-1",driver="gpu",verb="discover",outcome="ok"`);
  expect(buckets.length).toBeGreaterThan(5);
  expect(buckets.at(-1)).toContain('le="+Inf"');
});
