import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attachment, Device, type HeldAttachment, Operation, pageOf } from '@cyborgjs/core';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import { buildMachine, createSimulatedMachine, nvidiaGpu } from '@cyborgjs/driver-sdk/simulator';
import { type PlacementDouble, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { until } from '../until.ts';
import {
  endKillableServices,
  type KillableService,
  startKillableService,
  stepsToKillAt,
} from './killable-service.ts';
import type { Step } from './service-under-kill.ts';

const host = 'sim1';
const address = '0000:83:00.0';
/** Lives that go on side by side; each mostly waits for processes. */
const sideBySide = 4;
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

/** Its configuration, machine, journal and Placement. */
interface World {
  readonly configFile: string;
  readonly placement: PlacementDouble;
  held(): Promise<readonly HeldAttachment[]>;
  driver(): Promise<string | undefined>;
  /** How many providers an attachment has something of. */
  allocated(id: string): Promise<number>;
}

async function aWorld(name: string): Promise<World> {
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
  return {
    configFile,
    placement,
    held: async () => (await listHeldAttachments(createFileRecords(join(home, 'agents', host)))).attachments,
    driver: () => sys.link(`/sys/bus/pci/devices/${address}/driver`),
    async allocated(id) {
      const headers = { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' };
      const response = await fetch(`${placement.url}/allocations/${id}`, { headers });
      return Object.keys(((await response.json()) as { allocations: object }).allocations).length;
    },
  };
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
async function finish(service: KillableService, verb: Verb): Promise<Attachment> {
  const headers = { 'idempotency-key': 'the-one', 'content-type': 'application/json' };
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

interface Life {
  readonly counts: ReadonlyMap<string, number>;
  readonly wasKilled: boolean;
}

/** One life: killed at a step of the verb, started again, attached and detached to the end. */
async function live(name: string, verb: Verb, step: Step | null): Promise<Life> {
  const world = await aWorld(name);
  const first = await startKillableService(world.configFile);
  const before = await world.driver();
  await makeReady(first);
  if (verb === 'detach')
    expect(await finish(first, 'attach')).toMatchObject({ state: 'attached', failure: null });
  await first.watch(step);
  const ending = finish(first, verb).catch(() => undefined);
  await Promise.race([first.ended, ending]);
  const counts = step === null ? await first.counts() : new Map<string, number>();
  await first.stop();
  const wasKilled = await first.ended;

  const second = await startKillableService(world.configFile);
  const settled = await finish(second, verb);
  expect(settled, `after a kill at ${name}`).toMatchObject({
    state: verb === 'attach' ? 'attached' : 'detached',
  });
  if (verb === 'attach') {
    expect(await world.held()).toMatchObject([{ state: 'attached', consumer: { id: 'vm-1' } }]);
    expect([await world.driver(), await world.allocated(settled.id)]).toEqual(['vfio-pci', 1]);
    expect(await finish(second, 'detach')).toMatchObject({ state: 'detached' });
  }
  const { items } = await second.ask('/v3/attachments', pageOf(Attachment));
  expect(items.map(({ id, state }) => ({ id, state }))).toEqual([{ id: settled.id, state: 'detached' }]);
  expect([await world.held(), await world.driver(), await world.allocated(settled.id)]).toEqual([
    [],
    before,
    0,
  ]);
  await second.stop();
  await world.placement.close();
  return { counts, wasKilled };
}

const around = (places: readonly string[]): string[] =>
  places.flatMap((place) => [`${place}:before`, `${place}:after`]);
const common = [...around(['commit', 'ledger.operation', 'ledger.attachment']), 'seam.write:after'];

describe.each([
  { verb: 'attach', expected: [...common, ...around(['claim'])] },
  { verb: 'detach', expected: [...common, ...around(['release'])] },
] as const)('an attachment in $verb', ({ verb, expected }) => {
  it('is whole or not there, for machine, journal, store and Placement, wherever the service is killed', {
    timeout: 900_000,
  }, async () => {
    const { counts } = await live(`a-${verb}-nowhere`, verb, null);
    expect([...counts.keys()]).toEqual(expect.arrayContaining([...expected]));
    const steps = stepsToKillAt(expected, counts);
    const killedAt = new Set<string>();
    const lives = async () => {
      for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
        const { wasKilled } = await live(
          `a-${verb}-${step.place.replace(':', '-')}-${step.time}`,
          verb,
          step,
        );
        if (wasKilled) killedAt.add(step.place);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, lives));
    expect([...killedAt]).toEqual(expect.arrayContaining([...expected]));
  });
});
