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
import { type KillableService, startKillableService } from './killable-service.ts';

const host = 'sim1';
const address = '0000:83:00.0';
const provider = providerUuid(`${host}_${address}`);
/** Lives that go on side by side; each mostly waits for processes. */
const sideBySide = 4;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

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

/** One life: the service is killed at its nth step after "ready" was asked for, started again, and left to finish. */
async function lifeWithKillAt(step: number): Promise<string | null> {
  const placement = await startPlacementDouble();
  const configFile = join(directory, `kill-${step}.yaml`);
  await writeFile(configFile, stringify(configOf(join(directory, `kill-${step}`), placement.url)));
  const isOpen = async () => (await reservedIn(placement)) === 0;

  const first = await startKillableService(configFile);
  const { id } = await gpu(first);
  await until('a closed inventory in Placement', async () => (await reservedIn(placement)) === 1);
  await first.killAt(step);
  await makeReady(first, id).catch(() => undefined);
  const killedAt = await Promise.race([first.ended, until('open', isOpen).then(() => null)]);
  if (killedAt === null) await first.stop();

  const second = await startKillableService(configFile);
  await makeReady(second, id);
  await until(`ready after a kill at ${killedAt}`, async () => (await gpu(second)).state === 'ready');
  await until(`inventory open after a kill at ${killedAt}`, isOpen);
  await expectOneEnd(second, id, killedAt);
  await second.stop();
  await placement.close();
  return killedAt;
}

async function expectOneEnd(
  service: KillableService,
  device: string,
  killedAt: string | null,
): Promise<void> {
  const { items } = await service.ask(`/v3/operations?device=${device}`, pageOf(Operation));
  expect(items.map(({ verb, state }) => ({ verb, state }))).toEqual([
    { verb: 'install', state: 'succeeded' },
  ]);
  const events = await service.ask('/v3/events?limit=1000', z.object({ items: z.array(Event) }));
  const ends = events.items.filter(
    ({ type, subject }) => type === 'operation.ended' && subject === items[0]?.id,
  );
  expect(ends, `ends of the operation after a kill at ${killedAt}`).toHaveLength(1);
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

it('ends "ready" exactly once wherever the service is killed', { timeout: 300_000 }, async () => {
  const places: string[] = [];
  let step = 0;
  let isOver = false;
  const live = async () => {
    while (!isOver) {
      const killedAt = await lifeWithKillAt(++step);
      if (killedAt === null) isOver = true;
      else places.push(killedAt);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, live));
  // Things happen side by side, so one number meets another place in each life; but every kind of place is met.
  const kinds = places.map((place) => place.replace(/:.*/, ''));
  expect(kinds).toEqual(
    expect.arrayContaining([
      'commit',
      'ledger',
      'command.operation',
      'command.admit',
      'fact.operation-result',
    ]),
  );
});
