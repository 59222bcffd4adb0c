import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Operation, pageOf } from '@cyborgjs/core';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import { buildMachine, createSimulatedMachine, nvidiaGpu } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { around, killEverywhere, type World } from './kill-everywhere.ts';
import { endKillableServices, endOf, expectOneEnd, type KillableService } from './killable-service.ts';
import type { Wanted } from './service-under-kill.ts';

const host = 'sim1';
const address = '0000:83:00.0';
type Verb = 'attach' | 'detach';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(async () => {
  endKillableServices();
  await rm(directory, { recursive: true, force: true });
});

async function aWorld(name: string): Promise<World<Verb>> {
  const home = join(directory, name);
  const root = join(home, 'machine');
  const configFile = join(directory, `${name}.yaml`);
  buildMachine({ root, seed: name, cards: [nvidiaGpu({ address })] });
  const machine = { kind: 'simulated', root };
  const drivers = [{ package: '@cyborgjs/driver-gpu' }];
  const config = {
    stateDir: home,
    api: { listen: { port: 0 } },
    agent: { hosts: [{ name: host, machine, drivers }] },
  };
  await writeFile(configFile, stringify(config));
  const sys = createSimulatedMachine({ root });
  const path = `/sys/bus/pci/devices/${address}`;
  const held = async () =>
    (await listHeldAttachments(createFileRecords(join(home, 'agents', host)))).attachments;
  /** What binds the function, and what is pinned to it. */
  const binding = async () => ({
    driver: await sys.link(`${path}/driver`),
    override: (await sys.read(`${path}/driver_override`))?.trim(),
  });
  const before = await binding();
  // Machine and journal say the same, and it is what was asked for.
  const agrees = {
    async attach() {
      expect(await held()).toMatchObject([{ state: 'attached', consumer: { id: 'vm-1' } }]);
      expect(await binding()).toEqual({ driver: 'vfio-pci', override: 'vfio-pci' });
    },
    async detach() {
      expect(await held()).toEqual([]);
      expect(await binding()).toEqual(before);
    },
  };
  const deed = (verb: Verb) => ({
    async finish(service: KillableService, turn: number) {
      const { state } = await endOf(service, await service.start(await wanted(service, verb, turn)));
      expect(state).toBe('succeeded');
    },
    async check(service: KillableService, turn: number) {
      await expectOneEnd(service, await service.start(await wanted(service, verb, turn)));
      const { items } = await service.ask('/v3/operations?limit=1000', pageOf(Operation));
      expect(items.filter((operation) => operation.verb === verb)).toHaveLength(turn + 1);
      await agrees[verb]();
    },
  });
  return { configFile, deeds: { attach: deed('attach'), detach: deed('detach') } };
}

async function wanted(service: KillableService, verb: Verb, turn: number): Promise<Wanted> {
  const { items } = await service.ask('/v3/devices', pageOf(Device));
  const device = items.find((item) => item.address === address);
  if (device === undefined) throw new Error(`no device at ${address}`);
  const consumer = { type: 'host', id: 'vm-1', via: 'direct' };
  return {
    verb,
    device: device.id,
    arguments: { handle: { id: address, type: 'PCI' }, consumer },
    key: `${verb} ${turn}`,
  };
}

const agentPlaces = [
  ...around(['ledger.operation', 'ledger.attachment']),
  'seam.write:after',
  'fact.operation-result:before',
];
const conductorPlaces = around(['commit', 'command.operation']);

it(
  'attach and detach end exactly once, and as machine and journal say, wherever the service is killed',
  {
    timeout: 600_000,
  },
  () =>
    killEverywhere<Verb>({
      // What the conductor does is the same for both: it is killed in the first only.
      places: { attach: [...agentPlaces, ...conductorPlaces], detach: agentPlaces },
      anywhereIn: ['attach'],
      open: aWorld,
    }),
);
