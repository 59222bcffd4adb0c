import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Event, Operation, pageOf } from '@cyborgjs/core';
import { buildMachine, gbsImage, intelFpgaDfl } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { one, whole } from '../fpga-bench.ts';
import { type ScriptedGlance, type ScriptedImage, startScriptedGlance } from '../scripted-glance.ts';
import { until } from '../until.ts';
import {
  endKillableServices,
  type KillableService,
  startKillableService,
  stepsToKillAt,
} from './killable-service.ts';
import type { Step } from './service-under-kill.ts';

/** Lives that go on side by side; each mostly waits for processes. */
const sideBySide = 3;
const expected = [
  'commit:after',
  'ledger.operation:after',
  'fact.image-wanted:after',
  'command.image-part:before',
  'command.image-part:after',
  'seam.run:after',
  'fact.operation-result:before',
];

let directory: string;
let glance: ScriptedGlance;
let image: ScriptedImage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
  glance = await startScriptedGlance();
  image = glance.add(gbsImage({ functions: [one], bitstreamBytes: 600_000 }));
});
afterAll(async () => {
  endKillableServices();
  await glance.close();
  await rm(directory, { recursive: true, force: true });
});

async function aWorld(name: string): Promise<string> {
  const root = join(directory, name, 'machine');
  const configFile = join(directory, `${name}.yaml`);
  buildMachine({ root, seed: name, cards: [intelFpgaDfl({ address: whole })] });
  const drivers = [{ package: '@cyborgjs/driver-fpga' }];
  const config = {
    stateDir: join(directory, name),
    api: { listen: { port: 0 } },
    glance: { auth: { kind: 'none', endpoint: glance.url } },
    agent: { hosts: [{ name: 'sim1', machine: { kind: 'simulated', root }, drivers }] },
  };
  await writeFile(configFile, stringify(config));
  return configFile;
}

const deviceOf = async (service: KillableService): Promise<Device> => {
  const [device] = (await service.ask('/v3/devices', pageOf(Device))).items;
  if (device === undefined) throw new Error('no device');
  return device;
};

/** Asks for it, again if it was asked for before, and waits for its end. */
async function finish(service: KillableService): Promise<Operation> {
  const { id } = await deviceOf(service);
  const terms = { source: { kind: 'glance', id: image.id } };
  const started = await service.start({ verb: 'program', device: id, arguments: terms, key: 'program' });
  return until(
    'the end of it',
    async () => {
      const operation = await service.ask(`/v3/operations/${started}`, Operation);
      return operation.endedAt === null ? undefined : operation;
    },
    120_000,
  );
}

interface Life {
  readonly counts: ReadonlyMap<string, number>;
  readonly wasKilled: boolean;
}

/** One life: the service is killed at a step, started again, and left to finish. */
async function live(name: string, step: Step | null): Promise<Life> {
  const configFile = await aWorld(name);
  const first = await startKillableService(configFile);
  await first.watch(step);
  const ending = finish(first).catch(() => undefined);
  await Promise.race([first.ended, ending]);
  const counts = step === null ? await first.counts() : new Map<string, number>();
  await first.stop();
  const wasKilled = await first.ended;

  const second = await startKillableService(configFile);
  const operation = await finish(second);
  expect(operation, `after a kill at ${name}`).toMatchObject({ state: 'succeeded' });
  const device = await until('the device tells of its function', async () => {
    const found = await deviceOf(second);
    return found.firmware.functions === one && found;
  });
  expect(device.health.state).toBe('ok');
  const events = await second.ask('/v3/events?limit=1000', z.object({ items: z.array(Event) }));
  const ends = events.items.filter(
    ({ type, subject }) => type === 'operation.ended' && subject === operation.id,
  );
  expect(ends, `ends of the operation after a kill at ${name}`).toHaveLength(1);
  await second.stop();
  return { counts, wasKilled };
}

it('a card is programmed exactly once, with a whole image, wherever the service is killed', {
  timeout: 600_000,
}, async () => {
  const { counts } = await live('nowhere', null);
  expect([...counts.keys()]).toEqual(expect.arrayContaining(expected));
  const steps = stepsToKillAt(expected, counts);
  const killedAt = new Set<string>();
  const lives = async () => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      const { wasKilled } = await live(`${step.place.replace(':', '-')}-${step.time}`, step);
      if (wasKilled) killedAt.add(step.place);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, lives));
  expect([...killedAt]).toEqual(expect.arrayContaining(expected));
});
