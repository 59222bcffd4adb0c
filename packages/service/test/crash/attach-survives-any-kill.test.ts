import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Event, type HeldAttachment, Operation, pageOf } from '@cyborgjs/core';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import { buildMachine, createSimulatedMachine, nvidiaGpu } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { until } from '../until.ts';
import { endKillableServices, type KillableService, startKillableService } from './killable-service.ts';
import type { Step, Wanted } from './service-under-kill.ts';

const host = 'sim1';
const address = '0000:83:00.0';
/** Lives that go on side by side; each mostly waits for processes. */
const sideBySide = 4;
type Verb = 'attach' | 'detach';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(async () => {
  endKillableServices();
  await rm(directory, { recursive: true, force: true });
});

/** Its service, its machine and its journal. */
interface World {
  readonly configFile: string;
  held(): Promise<readonly HeldAttachment[]>;
  /** What binds the function, and what is pinned to it. */
  binding(): Promise<{ readonly driver: string | undefined; readonly override: string | undefined }>;
}

async function aWorld(name: string): Promise<World> {
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
  return {
    configFile,
    held: async () => (await listHeldAttachments(createFileRecords(join(home, 'agents', host)))).attachments,
    binding: async () => ({
      driver: await sys.link(`${path}/driver`),
      override: (await sys.read(`${path}/driver_override`))?.trim(),
    }),
  };
}

async function wanted(service: KillableService, verb: Verb): Promise<Wanted> {
  const { items } = await service.ask('/v3/devices', pageOf(Device));
  const device = items.find((item) => item.address === address);
  if (device === undefined) throw new Error(`no device at ${address}`);
  const consumer = { type: 'host', id: 'vm-1', via: 'direct' };
  return {
    verb,
    device: device.id,
    arguments: { handle: { id: address, type: 'PCI' }, consumer },
    key: verb,
  };
}

/** Asks for it, again if it was asked for before, and waits for its end. */
async function finish(service: KillableService, verb: Verb): Promise<Operation> {
  const id = await service.start(await wanted(service, verb));
  return until(`the end of ${verb}`, async () => {
    const operation = await service.ask(`/v3/operations/${id}`, Operation);
    return operation.endedAt === null ? undefined : operation;
  });
}

interface Life {
  readonly counts: ReadonlyMap<string, number>;
  readonly wasKilled: boolean;
}

/** One life: the service is killed at a step of the verb, started again, and left to finish. */
async function live(name: string, verb: Verb, step: Step | null): Promise<Life> {
  const world = await aWorld(name);
  const first = await startKillableService(world.configFile);
  const before = await world.binding();
  if (verb === 'detach') expect((await finish(first, 'attach')).state).toBe('succeeded');
  await first.watch(step);
  const ending = finish(first, verb).catch(() => undefined);
  await Promise.race([first.ended, ending]);
  const counts = step === null ? await first.counts() : new Map<string, number>();
  await first.stop();
  const wasKilled = await first.ended;

  const second = await startKillableService(world.configFile);
  expect((await finish(second, verb)).state, `after a kill at ${name}`).toBe('succeeded');
  await expectOneEnd(second, verb, name);
  await expectAgreement(world, verb, before);
  await second.stop();
  return { counts, wasKilled };
}

/** Machine and journal say the same, and it is what was asked for. */
async function expectAgreement(
  world: World,
  verb: Verb,
  before: Awaited<ReturnType<World['binding']>>,
): Promise<void> {
  if (verb === 'attach') {
    expect(await world.held()).toMatchObject([{ state: 'attached', consumer: { id: 'vm-1' } }]);
    expect(await world.binding()).toEqual({ driver: 'vfio-pci', override: 'vfio-pci' });
  } else {
    expect(await world.held()).toEqual([]);
    expect(await world.binding()).toEqual(before);
  }
}

async function expectOneEnd(service: KillableService, verb: Verb, name: string): Promise<void> {
  const { items } = await service.ask('/v3/operations', pageOf(Operation));
  const ours = items.filter((operation) => operation.verb === verb);
  expect(ours.map(({ state }) => state)).toEqual(['succeeded']);
  const events = await service.ask('/v3/events?limit=1000', z.object({ items: z.array(Event) }));
  const ends = events.items.filter(
    ({ type, subject }) => type === 'operation.ended' && subject === ours[0]?.id,
  );
  expect(ends, `ends of the operation after a kill at ${name}`).toHaveLength(1);
}

const around = (places: readonly string[]): string[] =>
  places.flatMap((place) => [`${place}:before`, `${place}:after`]);
const agentPlaces = [
  ...around(['ledger.operation', 'ledger.attachment']),
  'seam.write:after',
  'fact.operation-result:before',
];
const conductorPlaces = around(['commit', 'command.operation']);

// What the conductor does is the same for both: it is killed in the first only.
describe.each([
  { verb: 'attach', expected: [...agentPlaces, ...conductorPlaces], others: true },
  { verb: 'detach', expected: agentPlaces, others: false },
] as const)('$verb', ({ verb, expected, others }) => {
  it('ends exactly once, and as machine and journal say, wherever the service is killed', {
    timeout: 600_000,
  }, async () => {
    const { counts } = await live(`${verb}-nowhere`, verb, null);
    expect([...counts.keys()]).toEqual(expect.arrayContaining([...expected]));
    const places = [...counts].filter(([place]) => others || expected.includes(place));
    const steps = places.flatMap(([place, times]) =>
      Array.from({ length: times }, (_, index): Step => ({ place, time: index + 1 })),
    );

    const killedAt = new Set<string>();
    const lives = async () => {
      for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
        const name = `${verb}-${step.place.replace(':', '-')}-${step.time}`;
        const { wasKilled } = await live(name, verb, step);
        if (wasKilled) killedAt.add(step.place);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, lives));
    expect([...killedAt]).toEqual(expect.arrayContaining([...expected]));
  });
});
