import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';
import { buildMachine } from './build-machine.ts';
import { nvidiaGpu } from './cards/nvidia-gpu.ts';
import { createSimulatedMachine } from './create-simulated-machine.ts';
import type { Simulation } from './open-simulation.ts';

const gpu = '0000:83:00.0';
const vendor = `/sys/bus/pci/devices/${gpu}/vendor`;

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'simulated-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address: gpu })] });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const outcome = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => (isDriverError(error) ? [error.code, errnoOf(error), error.retry] : error),
  );

describe('the simulated machine and the real one', () => {
  it.each<[string, (machine: Machine) => Promise<unknown>]>([
    ['a text', (machine) => machine.read(vendor)],
    ['bytes', (machine) => machine.readBytes(vendor)],
    ['what is absent', (machine) => machine.read('/sys/none/none')],
    ['a directory as a text', (machine) => machine.read('/sys/bus')],
    ['a directory', (machine) => machine.list('/sys/bus/pci/drivers')],
    ['a link', (machine) => machine.link(`/sys/bus/pci/devices/${gpu}/driver`)],
    ['a file as a link', (machine) => machine.link(vendor)],
    ['a real path', (machine) => machine.resolve(vendor)],
    ['a relative path', (machine) => machine.read('sys')],
    ['an empty write', (machine) => machine.write(vendor, '')],
    ['a write to what is absent', (machine) => machine.write('/sys/none', '1')],
    ['a tool that is absent', (machine) => machine.run('/usr/bin/none', [])],
  ])('say the same of %s', async (_case, use) => {
    expect(await outcome(use(simulation.machine))).toEqual(await outcome(use(createRealMachine({ root }))));
  });
});

it('shares its state with every other machine on the same files', async () => {
  const other = createSimulatedMachine({ root });
  await simulation.machine.write('/sys/bus/pci/drivers/nvidia/unbind', gpu);
  expect(await other.link(`/sys/bus/pci/devices/${gpu}/driver`)).toBeUndefined();
  simulation.failRead(vendor, 'EIO');
  expect(await outcome(other.read(vendor))).toEqual(['hardware', 'EIO', 'later']);
});

describe('failures on demand', () => {
  it('hit the file whatever path leads there, until they are cleared', async () => {
    simulation.failRead(vendor, 'EIO');
    const real = (await simulation.machine.resolve(`/sys/bus/pci/devices/${gpu}`)) ?? '';
    expect(await outcome(simulation.machine.read(`${real}/vendor`))).toEqual(['hardware', 'EIO', 'later']);
    simulation.clearFailures();
    expect(await simulation.machine.read(vendor)).toBe('0x10de\n');
  });

  it('make absent by ENOENT', async () => {
    simulation.failRead(vendor, 'ENOENT');
    expect(await simulation.machine.read(vendor)).toBeUndefined();
  });

  it('leave a write without effect', async () => {
    const override = `/sys/bus/pci/devices/${gpu}/driver_override`;
    simulation.failWrite(override, 'EBUSY');
    expect(await outcome(simulation.machine.write(override, 'x'))).toEqual(['busy', 'EBUSY', 'later']);
    expect(await simulation.machine.read(override)).toBe('(null)\n');
  });
});

describe('tools', () => {
  it('answer from a recording, the first whose arguments fit', async () => {
    simulation.setTool('/usr/bin/fpgaconf', [
      { args: ['-V'], out: 'one\ntwo\n' },
      { out: 'no slot\n', code: 4 },
    ]);
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    expect(await simulation.machine.run('/usr/bin/fpgaconf', ['-V'], { onLine })).toEqual({
      code: 0,
      out: 'one\ntwo\n',
      err: '',
    });
    expect(lines).toEqual(['one', 'two']);
    expect((await simulation.machine.run('/usr/bin/fpgaconf', ['-V', 'x'])).code).toBe(4);
  });

  it('time out and are canceled as real ones', async () => {
    simulation.setTool('/usr/bin/slow', [{ takesMs: null }]);
    const run = (options: object): Promise<unknown> =>
      outcome(simulation.machine.run('/usr/bin/slow', [], options));
    expect(await run({ timeoutMs: 20 })).toEqual(['timeout', undefined, 'later']);
    expect(await run({ signal: AbortSignal.timeout(20) })).toEqual(['canceled', undefined, 'never']);
  });

  it('fail when they print more than they may', async () => {
    simulation.setTool('/usr/bin/loud', [{ out: 'x'.repeat(100) }]);
    expect(await outcome(simulation.machine.run('/usr/bin/loud', [], { maxOutputBytes: 10 }))).toEqual([
      'hardware',
      undefined,
      'later',
    ]);
  });
});
