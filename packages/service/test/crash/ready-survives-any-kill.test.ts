import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Event, Operation, pageOf } from '@cyborgjs/core';
import { type PlacementDouble, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { providerUuid } from '../../src/agent/provider-tree.ts';
import { until } from '../until.ts';
import { endKillableServices, type KillableService, startKillableService } from './killable-service.ts';
import type { Step } from './service-under-kill.ts';

const host = 'sim1';
const address = '0000:83:00.0';
const provider = providerUuid(`${host}_${address}`);
/** Lives that go on side by side; each mostly waits for processes. */
const sideBySide = 4;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(async () => {
  endKillableServices();
  await rm(directory, { recursive: true, force: true });
});

async function gpu(service: KillableService): Promise<Device> {
  const { items } = await service.ask('/v3/devices', pageOf(Device));
  const found = items.find((device) => device.address === address);
  if (found === undefined) throw new Error(`no device at ${address}`);
  return found;
}

/** As a client does that got no answer: the same request again, under the same key. */
const makeReady = (service: KillableService, id: string) =>
  service.ask(`/v3/devices/${id}/ready`, Operation, {
    method: 'POST',
    headers: { 'idempotency-key': 'the-one' },
  });

/** What is reserved of the GPU; undefined while Placement does not have it. */
async function reservedIn(placement: PlacementDouble): Promise<number | undefined> {
  const response = await fetch(`${placement.url}/resource_providers/${provider}/inventories`, {
    headers: { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' },
  });
  const { inventories } = (await response.json()) as { inventories?: Record<string, { reserved: number }> };
  return inventories?.PGPU?.reserved;
}

interface Life {
  /** How often each place was come to, when nothing killed it. */
  readonly counts: ReadonlyMap<string, number>;
  readonly wasKilled: boolean;
}

/** One life: the service is killed at a step after "ready" was asked for, started again, and left to finish. */
async function live(name: string, step: Step | null): Promise<Life> {
  const placement = await startPlacementDouble();
  const configFile = join(directory, `${name}.yaml`);
  await writeFile(configFile, stringify(configOf(join(directory, name), placement.url)));
  const isOpen = async () => (await reservedIn(placement)) === 0;

  const first = await startKillableService(configFile);
  const { id } = await gpu(first);
  await until('a closed inventory in Placement', async () => (await reservedIn(placement)) === 1);
  await first.watch(step);
  await makeReady(first, id).catch(() => undefined);
  await Promise.race([first.ended, until('open', isOpen)]);
  const counts = step === null ? await first.counts() : new Map<string, number>();
  // The deadly step may be one that comes after the inventory is open.
  await first.stop();
  const wasKilled = await first.ended;

  const second = await startKillableService(configFile);
  await makeReady(second, id);
  await until(`ready after a kill at ${name}`, async () => (await gpu(second)).state === 'ready');
  await until(`inventory open after a kill at ${name}`, isOpen);
  await expectOneEnd(second, id, name);
  await second.stop();
  await placement.close();
  return { counts, wasKilled };
}

async function expectOneEnd(service: KillableService, device: string, name: string): Promise<void> {
  const { items } = await service.ask(`/v3/operations?device=${device}`, pageOf(Operation));
  expect(items.map(({ verb, state }) => ({ verb, state }))).toEqual([
    { verb: 'install', state: 'succeeded' },
  ]);
  const events = await service.ask('/v3/events?limit=1000', z.object({ items: z.array(Event) }));
  const ends = events.items.filter(
    ({ type, subject }) => type === 'operation.ended' && subject === items[0]?.id,
  );
  expect(ends, `ends of the operation after a kill at ${name}`).toHaveLength(1);
}

function configOf(home: string, placementUrl: string) {
  const machine = { kind: 'simulated', root: join(home, 'machine') };
  return {
    stateDir: home,
    api: { listen: { port: 0 } },
    agent: { hosts: [{ name: host, machine, drivers: [{ package: '@cyborgjs/driver-gpu' }] }] },
    placement: { auth: { kind: 'none', endpoint: placementUrl } },
  };
}

it('ends "ready" exactly once wherever the service is killed', { timeout: 600_000 }, async () => {
  const { counts } = await live('nowhere', null);
  const steps = [...counts].flatMap(([place, times]) =>
    Array.from({ length: times }, (_, index): Step => ({ place, time: index + 1 })),
  );
  const places = [
    'commit',
    'ledger.operation',
    'ledger.agent',
    'placement',
    'command.operation',
    'command.admit',
    'fact.operation-result',
  ];
  const expected = places.flatMap((place) => [`${place}:before`, `${place}:after`]);
  // The last pass over Placement is what the life above waited for: its end may come after the count.
  expect([...counts.keys(), 'placement:after']).toEqual(expect.arrayContaining(expected));

  const killedAt = new Set<string>();
  const lives = async () => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      const { wasKilled } = await live(`${step.place.replace(':', '-')}-${step.time}`, step);
      if (wasKilled) killedAt.add(step.place);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, lives));
  expect([...killedAt, 'placement:after']).toEqual(expect.arrayContaining(expected));
});
