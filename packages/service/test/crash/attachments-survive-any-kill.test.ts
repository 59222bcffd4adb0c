import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attachment, Device, Operation, pageOf } from '@cyborgjs/core';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import { buildMachine, createSimulatedMachine, nvidiaGpu } from '@cyborgjs/driver-sdk/simulator';
import { type PlacementDouble, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { until } from '../until.ts';
import { around, killEverywhere, type World } from './kill-everywhere.ts';
import { endKillableServices, type KillableService } from './killable-service.ts';

const host = 'sim1';
const address = '0000:83:00.0';
/** A turn at Placement that nobody ended is over after 20 s. */
const patienceMs = 90_000;
type Verb = 'attach' | 'detach';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(async () => {
  endKillableServices();
  await rm(directory, { recursive: true, force: true });
});

/** A service with one GPU, beside a Placement of its own. */
async function aWorld(name: string): Promise<World<Verb>> {
  const home = join(directory, name);
  const root = join(home, 'machine');
  const placement = await startPlacementDouble();
  buildMachine({ root, seed: name, cards: [nvidiaGpu({ address })] });
  const config = {
    stateDir: home,
    api: { listen: { port: 0 } },
    conductor: { reconcileGraceMs: 1000 },
    agent: {
      hosts: [
        { name: host, machine: { kind: 'simulated', root }, drivers: [{ package: '@cyborgjs/driver-gpu' }] },
      ],
    },
    placement: { auth: { kind: 'none', endpoint: placement.url } },
  };
  const configFile = join(directory, `${name}.yaml`);
  await writeFile(configFile, stringify(config));
  const sys = createSimulatedMachine({ root });
  const driver = () => sys.link(`/sys/bus/pci/devices/${address}/driver`);
  const held = async () =>
    (await listHeldAttachments(createFileRecords(join(home, 'agents', host)))).attachments;
  const before = await driver();

  /** Machine, journal, store and Placement say the same of the attachment of this turn. */
  async function check(service: KillableService, verb: Verb, turn: number): Promise<void> {
    const { items } = await service.ask('/v3/attachments?limit=1000', pageOf(Attachment));
    expect(items).toHaveLength(turn + 1);
    const { id } = await finish(service, verb, turn);
    const state = verb === 'attach' ? 'attached' : 'detached';
    for (const item of items) expect(item.state).toBe(item.id === id ? state : 'detached');
    expect(await held()).toMatchObject(
      verb === 'attach' ? [{ state: 'attached', consumer: { id: 'vm-1' } }] : [],
    );
    expect([await driver(), await allocated(placement, id)]).toEqual(
      verb === 'attach' ? ['vfio-pci', 1] : [before, 0],
    );
  }
  const deed = (verb: Verb) => ({
    async finish(service: KillableService, turn: number) {
      const state = verb === 'attach' ? 'attached' : 'detached';
      expect(await finish(service, verb, turn)).toMatchObject({ state, failure: null });
    },
    check: (service: KillableService, turn: number) => check(service, verb, turn),
  });
  return {
    configFile,
    deeds: { attach: deed('attach'), detach: deed('detach') },
    prepare: makeReady,
    close: () => placement.close(),
  };
}

/** How many providers an attachment has something of. */
async function allocated(placement: PlacementDouble, id: string): Promise<number> {
  const headers = { connection: 'close', 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' };
  const response = await fetch(`${placement.url}/allocations/${id}`, { headers });
  return Object.keys(((await response.json()) as { allocations: object }).allocations).length;
}

async function makeReady(service: KillableService): Promise<void> {
  const { items } = await service.ask('/v3/devices', pageOf(Device));
  const headers = { 'idempotency-key': 'ready' };
  const id = items[0]?.id ?? '';
  await service.ask(`/v3/devices/${id}/ready`, Operation, { method: 'POST', headers });
  await until(
    'a device that is ready and in Placement',
    async () => {
      const device = await service.ask(`/v3/devices/${id}`, Device);
      return device.state === 'ready' && device.deployables[0]?.providerId != null;
    },
    patienceMs,
  );
}

/** As a client does that may have got no answer: the same again, until it is settled. */
async function finish(service: KillableService, verb: Verb, turn: number): Promise<Attachment> {
  const headers = { 'idempotency-key': `attach ${turn}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ consumer: { type: 'host', id: 'vm-1' }, resourceClass: 'PGPU' });
  const { id } = await service.ask('/v3/attachments', Attachment, { method: 'POST', headers, body });
  if (verb === 'detach') await service.ask(`/v3/attachments/${id}`, Attachment, { method: 'DELETE' });
  return until(
    `the end of ${verb}`,
    async () => {
      const attachment = await service.ask(`/v3/attachments/${id}?wait=10`, Attachment);
      const isSettled = verb === 'attach' ? attachment.state === 'attached' : attachment.claim === 'none';
      return isSettled || attachment.state.endsWith('_failed') ? attachment : undefined;
    },
    patienceMs,
  );
}

const common = [...around(['commit', 'ledger.operation', 'ledger.attachment']), 'seam.write:after'];

it(
  'an attachment is whole or not there, for machine, journal, store and Placement, wherever the service is killed',
  {
    timeout: 900_000,
  },
  () =>
    killEverywhere<Verb>({
      places: { attach: [...common, ...around(['claim'])], detach: [...common, ...around(['release'])] },
      open: aWorld,
    }),
);
