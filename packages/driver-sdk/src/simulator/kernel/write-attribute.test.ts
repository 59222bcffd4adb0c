import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errnoOf } from '../../machine/driver-error-from-errno.ts';
import type { Machine } from '../../machine.ts';
import { buildMachine } from '../build-machine.ts';
import { nvidiaGpu } from '../cards/nvidia-gpu.ts';
import { bmcVga, pciBridge, plainCard } from '../cards/platform-functions.ts';
import { sriovNic } from '../cards/sriov-nic.ts';
import type { Simulation } from '../open-simulation.ts';

const gpu = '0000:83:00.0';
const nic = '0000:17:00.0';
const bridge = '0000:80:01.0';
const uncovered = '0000:05:00.0';

let root: string;
let simulation: Simulation;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kernel-'));
  simulation = buildMachine({
    root,
    cards: [
      pciBridge({ address: bridge }),
      nvidiaGpu({ address: gpu, behind: bridge }),
      sriovNic({ address: nic, totalVfs: 8 }),
      bmcVga({ address: '0000:03:00.0' }),
      plainCard({ address: uncovered, vendor: '1d55', device: 'a010', class: '120000', iommuGroup: null }),
    ],
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

describe('unbind', () => {
  it('removes the link, the back link, DRIVER= and what the driver showed', async () => {
    await machine.write(to('nvidia', 'unbind'), `${gpu}\n`);
    expect(await driverOf(gpu)).toBeUndefined();
    expect(await machine.list(to('nvidia', ''))).not.toContain(gpu);
    expect(await machine.read(at(gpu, 'uevent'))).not.toContain('DRIVER=');
    expect(await machine.list('/proc/driver/nvidia/gpus')).toBeUndefined();
    expect(await machine.list(at(gpu, 'drm'))).toBeUndefined();
  });

  it.each([
    ['nothing that is there', 'nvidia', '0000:99:00.0'],
    ['a function of another driver', 'nvidia', nic],
    ['no address', 'nvidia', 'x'],
  ])('of %s is ENODEV', async (_case, driver, text) => {
    expect(await errnoOfWrite(to(driver, 'unbind'), text)).toBe('ENODEV');
  });

  it('takes the virtual functions of a physical one along', async () => {
    const before = simulation.snapshot();
    await machine.write(at(nic, 'sriov_numvfs'), '3');
    await machine.write(to('ice', 'unbind'), nic);
    expect(await machine.read(at(nic, 'sriov_numvfs'))).toBe('0\n');
    await machine.write('/sys/bus/pci/drivers_probe', nic);
    expect(simulation.snapshot()).toEqual(before);
  });

  it('lets virtual functions of pci-pf-stub live', async () => {
    await machine.write(to('ice', 'unbind'), nic);
    simulation.plug(
      plainCard({
        address: '0000:06:00.0',
        vendor: '1d55',
        device: 'a020',
        class: '120000',
        driver: 'pci-pf-stub',
      }),
    );
    await machine.write(at(nic, 'driver_override'), 'pci-pf-stub');
    await machine.write('/sys/bus/pci/drivers_probe', nic);
    await machine.write(at(nic, 'sriov_numvfs'), '2');
    await machine.write(to('pci-pf-stub', 'unbind'), nic);
    expect(await machine.read(at(nic, 'sriov_numvfs'))).toBe('2\n');
  });

  it('blocks while somebody holds the function, and changes nothing before', async () => {
    simulation.hold(gpu);
    const before = simulation.snapshot();
    let done = false;
    const unbinding = machine.write(to('nvidia', 'unbind'), gpu).then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(done).toBe(false);
    expect(simulation.snapshot()).toEqual(before);
    simulation.letGo(gpu);
    await unbinding;
    expect(await driverOf(gpu)).toBeUndefined();
  });
});

describe('driver_override', () => {
  it('keeps a name without its newline, and a newline alone clears it', async () => {
    await machine.write(at(gpu, 'driver_override'), 'vfio-pci\n');
    expect(await machine.read(at(gpu, 'driver_override'))).toBe('vfio-pci\n');
    await machine.write(at(gpu, 'driver_override'), '\n');
    expect(await machine.read(at(gpu, 'driver_override'))).toBe('(null)\n');
  });

  it('of a page or more is EINVAL', async () => {
    expect(await errnoOfWrite(at(gpu, 'driver_override'), 'x'.repeat(4095))).toBe('EINVAL');
  });
});

describe('bind', () => {
  it('needs the ids or the override', async () => {
    await machine.write(to('nvidia', 'unbind'), gpu);
    expect(await errnoOfWrite(to('vfio-pci', 'bind'), gpu)).toBe('ENODEV');
    await machine.write(at(gpu, 'driver_override'), 'vfio-pci');
    expect(await errnoOfWrite(to('nvidia', 'bind'), gpu)).toBe('ENODEV');
    expect(await errnoOfWrite(to('vfio-pci', 'bind'), gpu)).toBeUndefined();
    expect(await driverOf(gpu)).toBe('vfio-pci');
  });

  it('of a bound function is EBUSY, of none ENODEV', async () => {
    expect(await errnoOfWrite(to('nvidia', 'bind'), gpu)).toBe('EBUSY');
    expect(await errnoOfWrite(to('nvidia', 'bind'), '0000:99:00.0')).toBe('ENODEV');
  });

  it('to vfio-pci without an IOMMU group is EINVAL, though drivers_probe says nothing', async () => {
    await machine.write(at(uncovered, 'driver_override'), 'vfio-pci');
    expect(await errnoOfWrite(to('vfio-pci', 'bind'), uncovered)).toBe('EINVAL');
    expect(await errnoOfWrite('/sys/bus/pci/drivers_probe', uncovered)).toBeUndefined();
    expect(await driverOf(uncovered)).toBeUndefined();
  });

  it('of a bridge to vfio-pci is EINVAL', async () => {
    await machine.write(to('pcieport', 'unbind'), bridge);
    await machine.write(at(bridge, 'driver_override'), 'vfio-pci');
    expect(await errnoOfWrite(to('vfio-pci', 'bind'), bridge)).toBe('EINVAL');
  });

  it('shows the group node while one of its functions is with VFIO, and a vfio device each', async () => {
    const group = await machine.link(at(gpu, 'iommu_group'));
    await machine.write(to('nvidia', 'unbind'), gpu);
    await machine.write(at(gpu, 'driver_override'), 'vfio-pci');
    await machine.write('/sys/bus/pci/drivers_probe', gpu);
    expect(await machine.list('/dev/vfio')).toEqual([group, 'vfio']);
    expect(await machine.list(at(gpu, 'vfio-dev'))).toEqual(['vfio0']);
    await machine.write(to('vfio-pci', 'unbind'), gpu);
    expect(await machine.list('/dev/vfio')).toEqual(['vfio']);
  });
});

describe('drivers_probe', () => {
  it('binds the driver whose ids match, and leaves a bound function alone', async () => {
    await machine.write(to('nvidia', 'unbind'), gpu);
    await machine.write('/sys/bus/pci/drivers_probe', gpu);
    await machine.write('/sys/bus/pci/drivers_probe', gpu);
    expect(await driverOf(gpu)).toBe('nvidia');
  });

  it('succeeds for an override that no driver has, and is ENODEV for no function', async () => {
    await machine.write(to('nvidia', 'unbind'), gpu);
    await machine.write(at(gpu, 'driver_override'), 'none');
    expect(await errnoOfWrite('/sys/bus/pci/drivers_probe', gpu)).toBeUndefined();
    expect(await driverOf(gpu)).toBeUndefined();
    expect(await errnoOfWrite('/sys/bus/pci/drivers_probe', '0000:99:00.0')).toBe('ENODEV');
  });
});

describe('remove and rescan', () => {
  it('take a function away and find it again', async () => {
    const before = simulation.snapshot();
    await machine.write(at(gpu, 'remove'), '1\n');
    expect(await machine.list('/sys/bus/pci/devices')).not.toContain(gpu);
    expect(await errnoOfWrite(at(gpu, 'remove'), '1')).toBe('ENOENT');
    await machine.write('/sys/bus/pci/rescan', '1');
    expect(simulation.snapshot()).toEqual(before);
  });

  it('take what is behind a bridge along', async () => {
    const before = simulation.snapshot();
    await machine.write(at(bridge, 'remove'), '1');
    expect(await machine.list('/sys/bus/pci/devices')).not.toContain(gpu);
    await machine.write('/sys/bus/pci/rescan', '1');
    expect(simulation.snapshot()).toEqual(before);
  });

  it('do nothing for 0, and are EINVAL for no number', async () => {
    const before = simulation.snapshot();
    await machine.write(at(gpu, 'remove'), '0');
    expect(simulation.snapshot()).toEqual(before);
    expect(await errnoOfWrite(at(gpu, 'remove'), 'yes')).toBe('EINVAL');
  });
});

describe('other attributes', () => {
  it('reset takes 1 only', async () => {
    expect(await errnoOfWrite(at(gpu, 'reset'), '1')).toBeUndefined();
    expect(await errnoOfWrite(at(gpu, 'reset'), '2')).toBe('EINVAL');
    expect(await errnoOfWrite(at('0000:03:00.0', 'reset'), '1')).toBe('ENOENT');
  });

  it('unbindLock reads back 1 only when nobody uses the GPU', async () => {
    const lock = `/proc/driver/nvidia/gpus/${gpu}/unbindLock`;
    await machine.write(lock, '1');
    expect(await machine.read(lock)).toBe('1\n');
    await machine.write(lock, '0');
    simulation.hold(gpu);
    await machine.write(lock, '1');
    expect(await machine.read(lock)).toBe('0\n');
  });

  it('are read-only, EACCES, but for those that keep what they are told', async () => {
    expect(await errnoOfWrite(at(gpu, 'vendor'), '0x1')).toBe('EACCES');
    await machine.write(at(gpu, 'numa_node'), '1');
    expect(await machine.read(at(gpu, 'numa_node'))).toBe('1\n');
    expect(await errnoOfWrite(at(gpu, 'nothing'), '1')).toBe('ENOENT');
  });

  it('outside of /sys and /proc are plain files', async () => {
    simulation.setFile('/run/state', 'a');
    await machine.write('/run/state', 'b');
    expect(await machine.read('/run/state')).toBe('b');
  });
});
