import { rmSync } from 'node:fs';
import { DriverError, type Machine } from '@cyborgjs/driver-sdk';
import { amdGpu, type CardPlan, intelGpu, nvidiaGpu, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { findDeviceUsers } from '../src/device-users.ts';
import { gpuDriver } from '../src/index.ts';
import { type GpuMachine, gpuMachine } from './gpu-machine.ts';

const here = '0000:83:00.0';
const sound = '0000:83:00.1';
const whole = { id: here, type: 'PCI' } as const;
const withAll = nvidiaGpu({ address: here, model: 'L40S', audio: true, persistenced: true });

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function machineWith(card: CardPlan): GpuMachine {
  const machine = gpuMachine(here, [card]);
  simulation = machine.simulation;
  return machine;
}

const driverOf = (address: string) => simulation.machine.link(`/sys/bus/pci/devices/${address}/driver`);

describe('a whole GPU', () => {
  it('is not called free when it cannot be seen which files a process has open', async () => {
    const { machine } = machineWith(withAll).simulation;
    const denied = new DriverError('denied', 'cannot read the link: EACCES');
    const link: Machine['link'] = async (path) => {
      if (path.startsWith('/proc/801/fd/')) throw denied;
      return machine.link(path);
    };
    await expect(findDeviceUsers({ ...machine, link }, ['nvidia7'])).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(
        /^cannot see which files process 801 \(.*nvidia-persistenced.*\) has open$/,
      ),
      cause: denied,
    });
  });

  it('goes to a direct consumer with its sound, without the persistence daemon, and comes back as it was', async () => {
    const machine = machineWith(withAll);
    const clean = simulation.snapshot();
    await gpuDriver.attach(machine.context, machine.request(whole));
    expect([await driverOf(here), await driverOf(sound)]).toEqual(['vfio-pci', 'vfio-pci']);
    expect(await simulation.machine.list('/proc/801/fd')).toBeUndefined();
    await gpuDriver.detach(machine.context, machine.request(whole));
    expect(await driverOf(sound)).toBe('snd_hda_intel');
    expect(simulation.snapshot()).toEqual(clean);
  });

  it('stays with its driver for Nova, reserved, checked and let go by the daemon', async () => {
    const machine = machineWith(withAll);
    const clean = simulation.snapshot();
    const request = {
      ...machine.request(whole),
      consumer: { type: 'instance', id: 'a-server', via: 'nova' },
    } as const;
    await gpuDriver.attach(machine.context, request);
    expect(await driverOf(here)).toBe('nvidia');
    expect(await simulation.machine.read(`/sys/bus/pci/devices/${here}/driver_override`)).toBe('vfio-pci\n');
    expect(await simulation.machine.read(`/proc/driver/nvidia/gpus/${here}/unbindLock`)).toBe('0\n');
    expect(await simulation.machine.list('/proc/801/fd')).toBeUndefined();
    await gpuDriver.detach(machine.context, request);
    expect(simulation.snapshot()).toEqual(clean);
  });

  it.each([
    ['NVIDIA', withAll],
    ['AMD', amdGpu({ address: here })],
    ['Intel', intelGpu({ address: here })],
  ])('of %s is not taken from a process of the host, which is named', async (_maker, card) => {
    const machine = machineWith(card);
    simulation.hold(here, '/usr/bin/python3 train.py --epochs 3');
    const before = simulation.snapshot();
    await expect(gpuDriver.attach(machine.context, machine.request(whole))).rejects.toMatchObject({
      code: 'busy',
      retry: 'later',
      message: `GPU ${here} is in use by process 4200 (/usr/bin/python3 train.py --epochs 3)`,
    });
    expect(simulation.snapshot()).toEqual(before);
  });

  it('is not given out when nobody can tell who uses it', async () => {
    const machine = machineWith(withAll);
    simulation.failRead('/proc', 'EACCES');
    await expect(gpuDriver.attach(machine.context, machine.request(whole))).rejects.toMatchObject({
      code: 'denied',
    });
    expect(await driverOf(here)).toBe('nvidia');
  });
});

describe('other layouts', () => {
  it('of an MI300X are partitions, checked before anything is written', async () => {
    const machine = machineWith(amdGpu({ address: here }));
    expect((await machine.install('CPX/NPS4')).attributes).toMatchObject({
      compute_partition: 'CPX',
      memory_partition: 'NPS4',
    });
    await expect(machine.install('TPX/NPS1')).rejects.toMatchObject({ code: 'invalid' });
    await expect(machine.install('SPX/NPS8')).rejects.toMatchObject({ code: 'invalid' });
    expect((await machine.device()).attributes.compute_partition).toBe('CPX');
    simulation.hold(here, '/usr/bin/rocm');
    await expect(machine.install('SPX/NPS1')).rejects.toMatchObject({ code: 'busy' });
    simulation.letGo(here);
    await machine.uninstall();
    expect((await machine.device()).attributes).toMatchObject({
      compute_partition: 'SPX',
      memory_partition: 'NPS1',
    });
  });

  it('of an Intel GPU are virtual functions, none of which may be given out when their number changes', async () => {
    const machine = machineWith(intelGpu({ address: here }));
    await machine.install('vfs-4');
    const [first] = await machine.handles();
    if (first === undefined) throw new Error('no handle');
    await gpuDriver.attach(machine.context, machine.request(first));
    await expect(machine.install('vfs-2')).rejects.toMatchObject({ code: 'in_use' });
    await expect(machine.install('vfs-99')).rejects.toMatchObject({ code: 'in_use' });
    await gpuDriver.detach(machine.context, machine.request(first));
    await expect(machine.install('vfs-99')).rejects.toMatchObject({ code: 'invalid' });
    await machine.uninstall();
    expect(await machine.handles()).toMatchObject([{ id: here }]);
  });

  it.each([
    ['all-1g.10gb', amdGpu({ address: here })],
    ['CPX', intelGpu({ address: here })],
    ['vfs-2', withAll],
  ])('%s is refused on a GPU of another maker', async (layout, card) => {
    await expect(machineWith(card).install(layout)).rejects.toMatchObject({ code: 'invalid' });
  });
});
