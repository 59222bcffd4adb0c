import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errnoOf } from '../../machine/driver-error-from-errno.ts';
import type { Machine } from '../../machine.ts';
import { buildMachine } from '../build-machine.ts';
import { nvidiaGpu } from '../cards/nvidia-gpu.ts';
import { sriovNic } from '../cards/sriov-nic.ts';
import type { Simulation } from '../open-simulation.ts';

const gpu = '0000:83:00.0';
const nic = '0000:17:00.0';

let root: string;
let simulation: Simulation;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kernel-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: gpu }), sriovNic({ address: nic, totalVfs: 8 })],
  });
  machine = simulation.machine;
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (address: string, name: string): string => `/sys/bus/pci/devices/${address}/${name}`;
const to = (driver: string, name: string): string => `/sys/bus/pci/drivers/${driver}/${name}`;
const driverOf = (address: string): Promise<string | undefined> => machine.link(at(address, 'driver'));

/** The errno that a write ends with; undefined when it succeeds. */
const errnoOfWrite = (path: string, text: string): Promise<string | undefined> =>
  machine.write(path, text).then(() => undefined, errnoOf);

describe('sriov_numvfs', () => {
  const write = (text: string): Promise<string | undefined> => errnoOfWrite(at(nic, 'sriov_numvfs'), text);

  it('makes functions with their links, groups and drivers, and takes them away again', async () => {
    const before = simulation.snapshot();
    expect(await write('2\n')).toBeUndefined();
    expect(await machine.link(at(nic, 'virtfn1'))).toBe('0000:17:01.1');
    expect(await machine.link(at('0000:17:01.1', 'physfn'))).toBe(nic);
    expect(await machine.read(at('0000:17:01.1', 'device'))).toBe('0x1889\n');
    expect(await driverOf('0000:17:01.1')).toBe('iavf');
    const groups = [nic, '0000:17:01.0', '0000:17:01.1'].map((address) =>
      machine.link(at(address, 'iommu_group')),
    );
    expect(new Set(await Promise.all(groups)).size).toBe(3);
    expect(await write('0')).toBeUndefined();
    expect(simulation.snapshot()).toEqual(before);
  });

  it.each([
    ['no number', 'many', 'EINVAL'],
    ['a negative number', '-1', 'EINVAL'],
    ['more than a short can hold', '65536', 'EINVAL'],
    ['more than there can be', '9', 'ERANGE'],
    ['what already is', '0', undefined],
    ['hexadecimal', '0x2', undefined],
  ])('with %s ends with %s → %s', async (_case, text, errno) => {
    expect(await write(text)).toBe(errno);
  });

  it('is EBUSY from one count to another, and succeeds for the same', async () => {
    await write('4');
    expect(await write('2')).toBe('EBUSY');
    expect(await write('4')).toBeUndefined();
    expect(await write('0')).toBeUndefined();
  });

  it('is ENOENT without a driver, on vfio-pci, and for a driver that cannot', async () => {
    expect(await errnoOfWrite(at(gpu, 'sriov_numvfs'), '4')).toBe('ENOENT');
    await machine.write(to('ice', 'unbind'), nic);
    expect(await write('2')).toBe('ENOENT');
    await machine.write(at(nic, 'driver_override'), 'vfio-pci');
    await machine.write('/sys/bus/pci/drivers_probe', nic);
    expect(await write('2')).toBe('ENOENT');
  });

  it('keeps a function with virtual ones from vfio-pci: EBUSY', async () => {
    await machine.write(to('ice', 'unbind'), nic);
    simulation.setFile(at(nic, 'sriov_numvfs'), '2\n');
    await machine.write(at(nic, 'driver_override'), 'vfio-pci');
    expect(await errnoOfWrite(to('vfio-pci', 'bind'), nic)).toBe('EBUSY');
  });

  it('leaves new functions unbound when they are not to be probed', async () => {
    await machine.write(at(nic, 'sriov_drivers_autoprobe'), '0');
    await write('1');
    expect(await driverOf('0000:17:01.0')).toBeUndefined();
  });

  it('blocks on disabling while a guest holds a function', async () => {
    await write('2');
    simulation.hold('0000:17:01.1');
    const disabling = write('0');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await machine.list(at('0000:17:01.0', ''))).toBeDefined();
    simulation.letGo('0000:17:01.1');
    expect(await disabling).toBeUndefined();
  });
});
