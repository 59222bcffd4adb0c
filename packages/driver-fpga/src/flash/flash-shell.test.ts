import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DriverError } from '@cyborgjs/driver-sdk';
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
import { FpgaConfig } from '../config.ts';
import { fpgaDriver } from '../index.ts';
import { programCard } from '../program.ts';

const address = '0000:b3:00.0';
const image = '/var/lib/images/shell';
const newShell = 'xilinx_u250_gen3x16_xdma_shell_5_0';
const shellImage = (platform = newShell) => xclbinImage({ platform, sections: [12, 13, 20] });

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function stage(card: CardPlan, bytes: Uint8Array) {
  simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'fpga-flash-')), cards: [card] });
  simulation.setFile(image, bytes);
  const sections: number[] = [];
  const progress: number[] = [];
  const context = createContext({
    config: FpgaConfig.parse({}),
    sys: simulation.machine,
    critical: (maxMs, work) => {
      sections.push(maxMs);
      return work();
    },
    progress: (fraction) => progress.push(fraction),
  });
  const flash = (options: Record<string, string> = {}) =>
    programCard(context, {
      device: { identity: `at:${address}`, address },
      image,
      options: { target: 'shell', ...options },
    });
  const device = async () => (await fpgaDriver.discover(context))[0];
  return { context, flash, device, sections, progress };
}

const dflOptions = { card: '8086:bcce', bitstream_id: usualShellId };
const killAtFirstLine = async (tool: string, args: readonly string[]): Promise<void> => {
  const killed = new AbortController();
  const run = simulation.machine.run(tool, args, { signal: killed.signal, onLine: () => killed.abort() });
  await expect(run).rejects.toMatchObject({ code: 'canceled' });
};

describe.each([
  ['DFL', intelFpgaDfl, '8086:bcce'],
  ['the older driver', intelFpgaOld, '8086:09c4'],
] as const)('the shell of an Intel FPGA on %s', (_layout, builder, card) => {
  it('is flashed, loaded, and seen to run', async () => {
    const interfaceId = 'ab'.repeat(16);
    const { flash, device, sections, progress } = stage(builder({ address }), signedImage({ interfaceId }));
    expect(await flash({ ...dflOptions, card })).toEqual({ version: usualShellId });
    expect(await device()).toMatchObject({
      health: { state: 'ok' },
      firmware: { bitstream: usualShellId },
      attributes: { region: interfaceId },
    });
    expect((await device())?.deployables[0]?.traits).toContain(
      `CUSTOM_FPGA_REGION_INTEL_${interfaceId.toUpperCase()}`,
    );
    expect(sections).toEqual([55 * 60_000, 120_000]);
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress).toContain(0.65);
  });
});

describe('the shell of an Intel FPGA', () => {
  it('that is loaded later leaves the card degraded until it is', async () => {
    const { flash, device } = stage(intelFpgaDfl({ address }), signedImage());
    await flash({ ...dflOptions, load: 'later' });
    expect(await device()).toMatchObject({
      health: { state: 'degraded', reason: expect.stringMatching(/was flashed, and it runs 0x5010/) },
      firmware: { flashed: usualShellId },
    });
    simulation.reboot();
    expect(await device()).toMatchObject({ health: { state: 'ok' }, firmware: { bitstream: usualShellId } });
    expect((await device())?.firmware).not.toHaveProperty('flashed');
  });

  it('is only loaded when it was flashed before', async () => {
    const { context, flash } = stage(intelFpgaDfl({ address }), signedImage());
    await flash({ ...dflOptions, load: 'later' });
    const tools: string[] = [];
    const sys = {
      ...context.sys,
      run: (...[tool, ...rest]: Parameters<typeof context.sys.run>) => {
        tools.push(tool);
        return context.sys.run(tool, ...rest);
      },
    };
    const request = { device: { identity: `at:${address}`, address }, image };
    await programCard({ ...context, sys }, { ...request, options: { target: 'shell', ...dflOptions } });
    expect(tools).toEqual(['/usr/bin/rsu']);
  });

  it.each([
    ['a .gbs', gbsImage(), {}, /does not begin as a signed image/],
    ['a signed user image', signedImage({ content: 'user' }), {}, /holds a user image/],
    ['firmware of its controller', signedImage({ content: 'controller' }), {}, /board controller/],
    ['a root key', signedImage({ certificate: 'root-key' }), {}, /cannot be undone/],
    ['the cancellation of a key', signedImage({ certificate: 'cancellation' }), {}, /cannot be undone/],
    ['a half image', signedImage().subarray(0, 1100), {}, /cut off/],
    ['half of its headers', signedImage().subarray(0, 500), {}, /within its headers/],
    ['a changed image', changed(signedImage(), 1040), {}, /it was changed/],
    ['an unsigned image', changed(signedImage(), 128), {}, /no block of signatures/],
    ['an image for another card', signedImage(), { card: '8086:0b30' }, /for the card "8086:0b30"/],
    ['an image for who knows what', signedImage(), { card: undefined }, /option card is missing/],
    ['no bitstream_id', signedImage(), { bitstream_id: undefined }, /bitstream_id is missing/],
    ['a wrong bitstream_id', signedImage(), { bitstream_id: 'latest' }, /"latest", which is no id/],
    ['another way to load', signedImage(), { load: 'soon' }, /load is "soon"/],
  ])('is not flashed with %s', async (_what, bytes, change, message) => {
    const { flash } = stage(intelFpgaDfl({ address }), bytes);
    const before = simulation.snapshot();
    const given: Record<string, string | undefined> = { ...dflOptions, ...change };
    const options = Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    await expect(flash(Object.fromEntries(options))).rejects.toMatchObject({ code: 'invalid', message });
    expect(simulation.snapshot()).toEqual(before);
  });

  it('is not loaded under virtual functions', async () => {
    const { flash } = stage(intelFpgaDfl({ address, numVfs: 2 }), signedImage());
    await expect(flash(dflOptions)).rejects.toMatchObject({ code: 'in_use', message: /virtual functions/ });
  });

  it('whose flash was cut off is degraded, also for a new process, until it is flashed again', async () => {
    const { context, flash, device } = stage(intelFpgaDfl({ address }), signedImage());
    await killAtFirstLine('/usr/bin/fpgasupdate', [image, address]);
    expect((await device())?.health).toEqual({
      state: 'degraded',
      reason: 'its flash is being written: preparing',
    });
    await context.store.set(`flash/${address}`, { version: '0x1', state: 'begun', card: null });
    await flash(dflOptions);
    expect((await device())?.health).toEqual({ state: 'ok' });
  });

  it('that its card cannot authenticate is an error of the hardware, and stays in its health', async () => {
    const unknown = signedImage();
    const { flash, device } = stage(intelFpgaDfl({ address }), unknown);
    simulation.setTool('/usr/bin/fpgasupdate', [{ code: 1, out: '[ERROR   ] programming:hw-error\n' }]);
    await expect(flash(dflOptions)).rejects.toMatchObject({ code: 'hardware', message: /another key/ });
    expect((await device())?.health).toMatchObject({ state: 'degraded', reason: /flash it again/ });
  });

  it.each([
    ['Secure update in progress. Please try again later.', 'busy', 'ok'],
    ['Secure update is delayed due to excessive flash counts.', 'busy', 'ok'],
    ['Secure update timed out', 'hardware', 'degraded'],
  ])('whose tool says %j is %s, and the card %s', async (said, code, state) => {
    const { flash, device } = stage(intelFpgaDfl({ address }), signedImage());
    simulation.setTool('/usr/bin/fpgasupdate', [{ code: 1, err: `[ERROR   ] ${said}\n` }]);
    await expect(flash(dflOptions)).rejects.toMatchObject({ code });
    expect((await device())?.health.state).toBe(state);
  });

  it('whose tool is not there leaves no trace', async () => {
    const { context, flash, device } = stage(intelFpgaDfl({ address }), signedImage());
    const missing = new DriverError('unsupported', 'there is no fpgasupdate');
    const sys = { ...context.sys, run: () => Promise.reject(missing) };
    const options = { target: 'shell', ...dflOptions };
    const request = { device: { identity: `at:${address}`, address }, image, options };
    await expect(programCard({ ...context, sys }, request)).rejects.toMatchObject({ code: 'unsupported' });
    expect((await device())?.health).toEqual({ state: 'ok' });
    expect(await flash(dflOptions)).toEqual({ version: usualShellId });
  });

  it('that is cancelled before it begins leaves no trace', async () => {
    const { context, device } = stage(intelFpgaDfl({ address }), signedImage());
    const critical = () => Promise.reject(new DriverError('canceled', 'the caller canceled the call'));
    const options = { target: 'shell', ...dflOptions };
    const request = { device: { identity: `at:${address}`, address }, image, options };
    await expect(programCard({ ...context, critical }, request)).rejects.toMatchObject({ code: 'canceled' });
    expect((await device())?.health).toEqual({ state: 'ok' });
  });

  it('that is not the one that was said is told, and the card is not called well', async () => {
    const { flash, device } = stage(intelFpgaDfl({ address }), signedImage({ bitstreamId: '0x77' }));
    await expect(flash(dflOptions)).rejects.toMatchObject({ code: 'hardware', message: /its shell is 0x77/ });
    expect((await device())?.health.state).toBe('degraded');
    expect(await flash({ ...dflOptions, bitstream_id: '0x77' })).toEqual({ version: '0x77' });
    expect((await device())?.health.state).toBe('ok');
  });
});

describe('the shell of an Alveo card', () => {
  it('is flashed, and runs after a cold start', async () => {
    const { flash, device, sections, progress } = stage(alveo({ address }), shellImage());
    expect(await flash()).toEqual({ version: newShell });
    expect(await device()).toMatchObject({
      health: { state: 'degraded', reason: expect.stringContaining('start the machine cold') },
      firmware: { shell: 'xilinx_u250_gen3x16_xdma_shell_4_1', flashed: newShell },
    });
    expect(sections).toEqual([30 * 60_000]);
    expect(progress).toEqual([0.05, 0.45, 0.9, 1]);
    simulation.reboot();
    expect(await device()).toMatchObject({ health: { state: 'ok' }, firmware: { shell: newShell } });
  });

  it('makes something to give out of a card with its factory image', async () => {
    const { flash, device } = stage(alveo({ address, golden: true }), shellImage());
    await flash();
    simulation.reboot();
    expect(await device()).toMatchObject({
      health: { state: 'ok' },
      deployables: [{ handles: [{ id: '0000:b3:00.1' }] }],
    });
  });

  it('that did not come up after a cold start is flashed again, and not before', async () => {
    const { context, flash, device } = stage(alveo({ address }), shellImage());
    await flash();
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', [{ code: 1, err: 'ERROR: it was run\n' }]);
    expect(await flash()).toEqual({ version: newShell });
    // What is kept until a reboot only is gone.
    await context.store.delete(`flashed/${address}`);
    await expect(flash()).rejects.toMatchObject({ code: 'hardware', message: /it was run/ });
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', []);
    await flash();
    simulation.reboot();
    expect((await device())?.health).toEqual({ state: 'ok' });
  });

  it('is written after a flash that was refused, when a cold start did not load the one before', async () => {
    const { context, flash } = stage(alveo({ address }), shellImage());
    await flash();
    await context.store.delete(`flashed/${address}`);
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', [{ code: 1, err: 'ERROR: Device or resource busy\n' }]);
    await expect(flash()).rejects.toMatchObject({ code: 'busy' });
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', [{ code: 1, err: 'ERROR: it was run\n' }]);
    await expect(flash()).rejects.toMatchObject({ code: 'hardware', message: /it was run/ });
  });

  it('that waits for a cold start still does after another flash was refused', async () => {
    const { flash } = stage(alveo({ address }), shellImage());
    await flash();
    simulation.setFile(image, shellImage('xilinx_u250_gen3x16_xdma_shell_6_0'));
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', [{ code: 1, err: 'ERROR: Device or resource busy\n' }]);
    await expect(flash()).rejects.toMatchObject({ code: 'busy' });
    simulation.setFile(image, shellImage());
    expect(await flash()).toEqual({ version: newShell });
  });

  it('whose flash was cut off comes up with its factory image, and is flashed again', async () => {
    const { context, flash, device } = stage(alveo({ address }), shellImage());
    await context.store.set(`flash/${address}`, { version: newShell, state: 'begun', card: null });
    const args = ['program', '-d', address, '--base', '--image', image, '--force'];
    await killAtFirstLine('/opt/xilinx/xrt/bin/xbmgmt', args);
    expect((await device())?.health).toMatchObject({ state: 'degraded', reason: /or that was cut off/ });
    simulation.reboot();
    expect(await device()).toMatchObject({ health: { state: 'degraded' }, deployables: [] });
    await flash();
    simulation.reboot();
    expect((await device())?.health).toEqual({ state: 'ok' });
  });

  it.each([
    ['', 'busy', 'ok'],
    ['Updating base (e.g., shell) flash image...\n', 'hardware', 'degraded'],
  ])('whose tool was refused after it said %j is %s, and the card %s', async (out, code, state) => {
    const { flash, device } = stage(alveo({ address }), shellImage());
    const err = 'ERROR: Device or resource busy\n';
    simulation.setTool('/opt/xilinx/xrt/bin/xbmgmt', [{ code: 1, out, err }]);
    await expect(flash()).rejects.toMatchObject({ code });
    expect((await device())?.health.state).toBe(state);
  });

  it('is not flashed with what it runs already', async () => {
    const { flash } = stage(alveo({ address }), shellImage('xilinx_u250_gen3x16_xdma_shell_4_1'));
    const before = simulation.snapshot();
    expect(await flash()).toEqual({ version: 'xilinx_u250_gen3x16_xdma_shell_4_1' });
    expect(simulation.snapshot()).toEqual(before);
  });

  it.each([
    ['a user image', xclbinImage(), /nothing for the flash/],
    [
      'a shell for another board',
      shellImage('xilinx_u50_gen3x16_xdma_base_5'),
      /and the card is an AMD Alveo U250/,
    ],
    ['half a shell', shellImage().subarray(0, 480), /cut off/],
    ['a signed image for Intel', signedImage(), /does not begin as an xclbin2/],
  ])('is not flashed with %s', async (_what, bytes, message) => {
    const { flash } = stage(alveo({ address }), bytes);
    const before = simulation.snapshot();
    await expect(flash()).rejects.toMatchObject({ code: 'invalid', message });
    expect(simulation.snapshot()).toEqual(before);
  });
});

describe('a shell', () => {
  it.each([
    ['Intel', intelFpgaDfl({ address }), signedImage()],
    ['Alveo', alveo({ address }), shellImage()],
  ])('is never taken for a user image, on %s', async (_family, card, bytes) => {
    const { flash } = stage(card, bytes);
    const before = simulation.snapshot();
    await expect(flash({ target: 'user' })).rejects.toMatchObject({
      code: 'invalid',
      hint: /target=shell/,
    });
    expect(simulation.snapshot()).toEqual(before);
  });

  it('is not flashed by another word for it', async () => {
    const { flash } = stage(alveo({ address }), shellImage());
    await expect(flash({ target: 'flash' })).rejects.toMatchObject({
      code: 'invalid',
      message: /target is "flash"/,
    });
  });

  it('is not flashed under a guest', async () => {
    const { context, flash } = stage(alveo({ address }), shellImage());
    await fpgaDriver.attach(context, {
      device: { identity: `at:${address}`, address },
      handle: { id: '0000:b3:00.1', type: 'PCI' },
      consumer: { type: 'host', id: 'a-host', via: 'direct' },
      options: {},
    });
    await expect(flash()).rejects.toMatchObject({ code: 'in_use' });
  });

  it('is never flashed by attaching, whatever the options say', async () => {
    const { context } = stage(alveo({ address }), shellImage());
    const request = {
      device: { identity: `at:${address}`, address },
      handle: { id: '0000:b3:00.1', type: 'PCI' },
      consumer: { type: 'instance', id: 'a-server', via: 'nova' },
    } as const;
    const flashNode = Object.entries(simulation.snapshot()).filter(([path]) => path.includes('/xfpga/'));
    await fpgaDriver.attach(context, { ...request, options: { target: 'shell', image } });
    const after = Object.entries(simulation.snapshot()).filter(([path]) => path.includes('/xfpga/'));
    expect(after).toEqual(flashNode);
    expect(flashNode).toHaveLength(1);
  });
});

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
