import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Operation, pageOf } from '@cyborgjs/core';
import { type PlacementDouble, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { providerUuid } from '../../src/agent/provider-tree.ts';
import { until } from '../until.ts';
import { around, type Deed, killEverywhere, type World } from './kill-everywhere.ts';
import { endKillableServices, expectOneEnd, type KillableService } from './killable-service.ts';

const host = 'sim1';
const address = '0000:83:00.0';
const provider = providerUuid(`${host}_${address}`);
/** The whole of it takes a while on a busy machine. */
const patienceMs = 120_000;
type Verb = 'ready' | 'uninstall';

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

/** What is reserved of the GPU; undefined while Placement does not have it. */
async function reservedIn(placement: PlacementDouble): Promise<number | undefined> {
  const response = await fetch(`${placement.url}/resource_providers/${provider}/inventories`, {
    headers: { connection: 'close', 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' },
  });
  const { inventories } = (await response.json()) as { inventories?: Record<string, { reserved: number }> };
  return inventories?.PGPU?.reserved;
}

async function aWorld(name: string): Promise<World<Verb>> {
  const placement = await startPlacementDouble();
  const configFile = join(directory, `${name}.yaml`);
  await writeFile(configFile, stringify(configOf(join(directory, name), placement.url)));
  const reserved = (count: number) =>
    until(`${count} reserved in Placement`, async () => (await reservedIn(placement)) === count);
  return {
    configFile,
    deeds: {
      ready: asked('ready', { verb: 'install', state: 'ready', atEnd: () => reserved(0) }),
      uninstall: asked('uninstall', { verb: 'uninstall', state: 'discovered', atEnd: () => reserved(1) }),
    },
    prepare: async () => void (await reserved(1)),
    close: () => placement.close(),
  };
}

interface Goal {
  readonly verb: Operation['verb'];
  readonly state: Device['state'];
  atEnd(): Promise<unknown>;
}

function asked(path: Verb, { verb, state, atEnd }: Goal): Deed {
  return {
    async finish(service, turn) {
      const { id } = await gpu(service);
      // As a client does that got no answer: the same request again, under the same key.
      const headers = { 'idempotency-key': `${path} ${turn}` };
      await service.ask(`/v3/devices/${id}/${path}`, Operation, { method: 'POST', headers });
      await until(`the device is ${state}`, async () => (await gpu(service)).state === state, patienceMs);
      await atEnd();
    },
    async check(service, turn) {
      const { id } = await gpu(service);
      const { items } = await service.ask(`/v3/operations?device=${id}&limit=1000`, pageOf(Operation));
      const ours = items.filter((operation) => operation.verb === verb);
      expect(ours.map((operation) => operation.state)).toEqual(Array(turn + 1).fill('succeeded'));
      for (const operation of ours) await expectOneEnd(service, operation.id);
    },
  };
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

it('ends "ready" exactly once wherever the service is killed', { timeout: 600_000 }, () =>
  killEverywhere<Verb>({
    places: {
      ready: around([
        'commit',
        'ledger.operation',
        'ledger.agent',
        'placement',
        'command.operation',
        'command.admit',
        'fact.operation-result',
      ]),
      uninstall: [],
    },
    anywhereIn: ['ready'],
    open: aWorld,
  }),
);
