import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dryRunMachine, type PlannedStep } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  alveo,
  buildMachine,
  type CardPlan,
  gbsImage,
  intelFpgaDfl,
  intelFpgaOld,
  type Simulation,
  signedImage,
  usualShellId,
  xclbinImage,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { FpgaConfig } from './config.ts';
import { fpgaDriver } from './index.ts';

const address = '0000:b3:00.0';
const device = { identity: `at:${address}`, address };
const image = '/var/lib/images/image';

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

interface Story {
  readonly card: CardPlan;
  readonly bytes: Uint8Array;
  readonly options?: Readonly<Record<string, string>>;
  /** The tools that it takes, in order. */
  readonly tools: readonly string[];
}

const dfl = intelFpgaDfl({ address });
const gbs = gbsImage({ functions: ['c000c9660d8242729aeffe5f84570612'] });
const shell = { target: 'shell', card: '8086:bcce', bitstream_id: usualShellId };
const xsabin = xclbinImage({ platform: 'xilinx_u250_gen3x16_xdma_shell_5_0', sections: [12] });

const stories: Readonly<Record<string, Story>> = {
  'a user image on DFL': { card: dfl, bytes: gbs, tools: ['fpgaconf'] },
  'a user image on the older driver': { card: intelFpgaOld({ address }), bytes: gbs, tools: ['fpgaconf'] },
  'the user image that is there': { card: dfl, bytes: gbsImage(), tools: [] },
  'a user image of an Alveo card': { card: alveo({ address }), bytes: xclbinImage(), tools: ['xbutil'] },
  'a shell on DFL': { card: dfl, bytes: signedImage(), options: shell, tools: ['fpgasupdate', 'rsu'] },
  'a shell that is loaded later': {
    card: dfl,
    bytes: signedImage(),
    options: { ...shell, load: 'later' },
    tools: ['fpgasupdate'],
  },
  'a shell of an Alveo card': {
    card: alveo({ address }),
    bytes: xsabin,
    options: { target: 'shell' },
    tools: ['xbmgmt'],
  },
};

describe('a dry run of program plans what is then done:', () => {
  it.each(Object.entries(stories))('%s', async (_name, { card, bytes, options = {}, tools }) => {
    simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'fpga-dry-')), cards: [card] });
    simulation.setFile(image, bytes);
    const { machine } = simulation;
    const config = FpgaConfig.parse({});
    const before = simulation.snapshot();
    const dry = dryRunMachine(machine);
    const rehearsal = createContext({ config, sys: dry.machine, dryRun: true });
    const answer = await fpgaDriver.program?.(rehearsal, { device, image, options });
    expect(simulation.snapshot()).toEqual(before);
    const deeds: PlannedStep[] = [];
    const sys = {
      ...machine,
      run: async (...[tool, args, how]: Parameters<typeof machine.run>) => {
        deeds.push({ verb: 'run', tool, args: [...args] });
        return machine.run(tool, args, how);
      },
      write: async (path: string, text: string) => {
        deeds.push({ verb: 'write', path, text });
        return machine.write(path, text);
      },
    };
    const done = await fpgaDriver.program?.(createContext({ config, sys }), { device, image, options });
    expect(dry.plan).toEqual(deeds);
    const placeOf = (deed: PlannedStep): string | undefined =>
      deed.verb === 'run' ? deed.tool.split('/').at(-1) : 'path' in deed ? deed.path : deed.port;
    expect(deeds.map(placeOf)).toEqual(tools);
    expect(answer).toEqual(done);
  });
});

describe('a dry run of install', () => {
  it.each([
    ['an Intel card', dfl],
    ['an Alveo card', alveo({ address })],
  ])('plans nothing for %s, since nothing is then done', async (_what, card) => {
    simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'fpga-dry-')), cards: [card] });
    const config = FpgaConfig.parse({});
    const before = simulation.snapshot();
    const dry = dryRunMachine(simulation.machine);
    const rehearsal = createContext({ config, sys: dry.machine, dryRun: true });
    const planned = await fpgaDriver.install?.(rehearsal, { device, options: {} });
    expect(dry.plan).toEqual([]);
    const context = createContext({ config, sys: simulation.machine });
    expect(await fpgaDriver.install?.(context, { device, options: {} })).toEqual(planned);
    expect(simulation.snapshot()).toEqual(before);
  });
});
