import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  alveo,
  buildMachine,
  type CardPlan,
  gbsImage,
  intelFpgaDfl,
  intelFpgaOld,
  type Simulation,
  usualXclbinId,
  xclbinImage,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { FpgaConfig } from './config.ts';
import { fpgaDriver } from './index.ts';
import { programCard } from './program.ts';

const address = '0000:b3:00.0';
const user = '0000:b3:00.1';
const image = '/var/lib/images/image';
const newFunction = 'c000c9660d8242729aeffe5f84570612';

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function stage(card: CardPlan, bytes: Uint8Array) {
  simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'fpga-program-')), cards: [card] });
  simulation.setFile(image, bytes);
  const context = createContext({ config: FpgaConfig.parse({}), sys: simulation.machine });
  const program = (options: Record<string, string> = {}, identity = `at:${address}`) =>
    programCard(context, { device: { identity, address }, image, options });
  return { context, program };
}

const attach = (context: ReturnType<typeof stage>['context'], id: string) =>
  fpgaDriver.attach(context, {
    device: { identity: `at:${address}`, address },
    handle: { id, type: 'PCI' },
    consumer: { type: 'host', id: 'a-host', via: 'direct' },
    options: {},
  });

describe.each([
  ['DFL', intelFpgaDfl],
  ['the older driver', intelFpgaOld],
] as const)('an Intel FPGA on %s', (_layout, builder) => {
  it('has the function of its new image, and discovery tells of it', async () => {
    const { context, program } = stage(builder({ address }), gbsImage({ functions: [newFunction] }));
    expect(await program()).toEqual({ version: newFunction });
    const [device] = await fpgaDriver.discover(context);
    expect(device).toMatchObject({ health: { state: 'ok' }, firmware: { functions: newFunction } });
    const trait = `CUSTOM_FPGA_FUNCTION_ID_INTEL_${newFunction.toUpperCase()}`;
    expect(device?.deployables[0]?.traits).toContain(trait);
  });

  it('is left alone by an image for another region', async () => {
    const { program } = stage(builder({ address }), gbsImage({ interfaceId: 'f'.repeat(32) }));
    const before = simulation.snapshot();
    await expect(program()).rejects.toMatchObject({
      code: 'invalid',
      message: /built for the interface ffff/,
    });
    expect(simulation.snapshot()).toEqual(before);
  });
});

describe('programming', () => {
  it('is refused while a guest has the card', async () => {
    const { context, program } = stage(alveo({ address }), xclbinImage());
    await attach(context, user);
    await expect(program()).rejects.toMatchObject({ code: 'in_use', message: /0000:b3:00\.1 is given out/ });
  });

  it('of an Alveo card says which image it then has', async () => {
    const { context, program } = stage(alveo({ address }), xclbinImage());
    expect(await program()).toEqual({ version: usualXclbinId });
    const [device] = await fpgaDriver.discover(context);
    expect(device?.firmware).toMatchObject({ image: usualXclbinId });
  });

  it('of a card that was swapped does not touch the new one', async () => {
    const { program } = stage(alveo({ address, serial: 'NEWCARD123' }), xclbinImage());
    await expect(program({}, 'alveo-OLDCARD123')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['for another shell', xclbinImage({ interfaceUuid: 'e'.repeat(32) }), /built for eeee/],
    ['without a bitstream', xclbinImage({ sections: [8] }), /no bitstream/],
    ['for Intel', gbsImage(), /does not begin as an xclbin2/],
    ['of no bytes', new Uint8Array(), /is empty/],
  ])('of an Alveo card with an image %s is refused', async (_what, bytes, message) => {
    const { program } = stage(alveo({ address }), bytes);
    await expect(program()).rejects.toMatchObject({ code: 'invalid', message });
  });

  it('is refused when the image does not hash to what was asked for', async () => {
    const { program } = stage(alveo({ address }), xclbinImage());
    await expect(program({ sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'invalid',
      message: /SHA-256/,
    });
  });

  it('of a card with its factory image says what to do first', async () => {
    const { program } = stage(alveo({ address, golden: true }), xclbinImage());
    await expect(program()).rejects.toMatchObject({ code: 'unsupported', hint: /xbmgmt program --base/ });
  });

  it('is refused while the region cannot be read', async () => {
    const { program } = stage(intelFpgaDfl({ address, boundTo: null }), gbsImage());
    await expect(program()).rejects.toMatchObject({ code: 'unavailable', retry: 'later' });
  });

  it.each([
    [{ code: 5, err: 'Error writing bitstream to FPGA: resource busy\n' }, 'busy'],
    [{ code: 4, err: 'No suitable slots found.\n' }, 'hardware'],
    [{ code: 2, err: '' }, 'invalid'],
    [{ code: 139, err: '\u0000\u0001segmentation fault' }, 'hardware'],
    [{ code: 0, out: 'Done\n' }, 'hardware'],
  ])('takes a tool that ends with %j for %s', async (answer, code) => {
    const { program } = stage(intelFpgaDfl({ address }), gbsImage({ functions: [newFunction] }));
    simulation.setTool('/usr/bin/fpgaconf', [answer]);
    await expect(program()).rejects.toMatchObject({ code });
  });
});
