import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, pageOf } from '@cyborgjs/core';
import { buildMachine, gbsImage, intelFpgaDfl } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { one, two, whole } from '../fpga-bench.ts';
import { type ScriptedGlance, startScriptedGlance } from '../scripted-glance.ts';
import { until } from '../until.ts';
import { killEverywhere, type World } from './kill-everywhere.ts';
import { endKillableServices, endOf, expectOneEnd, type KillableService } from './killable-service.ts';

let directory: string;
let glance: ScriptedGlance;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
  glance = await startScriptedGlance();
});
afterAll(async () => {
  endKillableServices();
  await glance.close();
  await rm(directory, { recursive: true, force: true });
});

async function aWorld(name: string): Promise<World<'program'>> {
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
  /** Image of each turn, each with another length: none of them lies on the host already. */
  const images: string[] = [];
  const program = async (service: KillableService, turn: number): Promise<string> => {
    images[turn] ??= glance.add(
      gbsImage({ functions: [functionOf(turn)], bitstreamBytes: 600_000 + turn }),
    ).id;
    const { id } = await deviceOf(service);
    const terms = { source: { kind: 'glance', id: images[turn] } };
    return service.start({ verb: 'program', device: id, arguments: terms, key: `program ${turn}` });
  };
  return {
    configFile,
    deeds: {
      program: {
        async finish(service, turn) {
          const operation = await endOf(service, await program(service, turn));
          expect(operation).toMatchObject({ state: 'succeeded' });
        },
        async check(service, turn) {
          const device = await until('the device tells of its function', async () => {
            const found = await deviceOf(service);
            return found.firmware.functions === functionOf(turn) && found;
          });
          expect(device.health.state).toBe('ok');
          await expectOneEnd(service, await program(service, turn));
        },
      },
    },
  };
}

const functionOf = (turn: number): string => (turn % 2 === 0 ? one : two);

const deviceOf = async (service: KillableService): Promise<Device> => {
  const [device] = (await service.ask('/v3/devices', pageOf(Device))).items;
  if (device === undefined) throw new Error('no device');
  return device;
};

it(
  'a card is programmed exactly once, with a whole image, wherever the service is killed',
  {
    timeout: 600_000,
  },
  () =>
    killEverywhere({
      places: {
        program: [
          'commit:after',
          'ledger.operation:after',
          'fact.image-wanted:after',
          'command.image-part:before',
          'command.image-part:after',
          'seam.run:after',
          'fact.operation-result:before',
        ],
      },
      open: aWorld,
    }),
);
