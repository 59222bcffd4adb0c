import { rmSync } from 'node:fs';
import { createDriverRecords, createMemoryRecords } from '@cyborgjs/driver-sdk/host';
import {
  a100MdevTypes,
  type CardPlan,
  h200VgpuTypes,
  nvidiaGpu,
  type Simulation,
  t4MdevTypes,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { gpuDriver } from '../src/index.ts';
import { type GpuMachine, gpuMachine } from './gpu-machine.ts';

const here = '0000:83:00.0';
const t4 = nvidiaGpu({ address: here, model: 'T4', vgpu: { by: 'mdev', types: t4MdevTypes } });
const a100 = nvidiaGpu({ address: here, model: 'A100 40GB', vgpu: { by: 'mdev', types: a100MdevTypes } });
const h200 = nvidiaGpu({ address: here, vgpu: { by: 'vendor-vfio', types: h200VgpuTypes } });

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

async function machineWith(card: CardPlan, layout: string): Promise<GpuMachine> {
  const machine = gpuMachine(here, [card], { layouts: [{ layout }] });
  simulation = machine.simulation;
  await machine.install();
  return machine;
}

describe('a GPU cut into vGPUs', () => {
  it('is a pool of one type, with the names that Cyborg has for it', async () => {
    const machine = await machineWith(t4, 'GRID T4-4Q');
    const { deployables } = await machine.device();
    expect(deployables).toMatchObject([{ name: here, resourceClass: 'VGPU', handles: { length: 4 } }]);
    expect(deployables[0]?.traits).toEqual(
      expect.arrayContaining([
        'OWNER_CYBORG',
        'CUSTOM_NVIDIA_1EB8',
        'CUSTOM_NVIDIA_1EB8_T4_4Q',
        'HW_GPU_MAX_DISPLAY_HEADS_4',
        'HW_GPU_RESOLUTION_W7680H4320',
      ]),
    );
    expect(deployables[0]?.handles[1]).toMatchObject({
      type: 'MDEV',
      info: { asked_type: 'nvidia-232', vgpu_mark: 'nvidia-232_1', parent: here, domain: '0000', bus: '83' },
    });
  });

  it.each([
    ['mediated devices of a T4', t4, 'T4-8Q', 2],
    ['mediated devices of virtual functions', a100, 'A100-10C', 4],
    ["NVIDIA's own VFIO", h200, 'H200X-17C', 8],
  ] as const)(
    'by %s makes them when they are attached, all of them, and no other type',
    async (_by, card, layout, count) => {
      const machine = await machineWith(card, layout);
      const handles = await machine.handles();
      expect(handles).toHaveLength(count);
      for (const handle of handles) {
        expect(await gpuDriver.status(machine.context, machine.request(handle))).toBe('detached');
        await gpuDriver.attach(machine.context, machine.request(handle));
        expect(await gpuDriver.status(machine.context, machine.request(handle))).toBe('attached');
      }
      expect(await machine.handles()).toEqual(handles);
      await expect(machine.uninstall()).rejects.toMatchObject({ code: 'in_use' });
      for (const handle of handles) await gpuDriver.detach(machine.context, machine.request(handle));
      expect(await machine.handles()).toEqual(handles);
    },
  );

  it('makes one of the function that it is for, or none, while that cannot be read', async () => {
    const machine = await machineWith(a100, 'A100-10C');
    const [handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    const { sys } = machine.context;
    let wasBroken = true;
    for (let broken = 1; wasBroken; broken += 1) {
      let reads = 0;
      const link = async (path: string): Promise<string | undefined> =>
        path.endsWith('/virtfn0') && ++reads === broken ? undefined : sys.link(path);
      const context = { ...machine.context, sys: { ...sys, link } };
      await gpuDriver.attach(context, machine.request(handle)).catch(() => undefined);
      wasBroken = reads >= broken;
      expect(await gpuDriver.attach(machine.context, machine.request(handle))).toMatchObject({
        info: { parent: handle.info.parent },
      });
      expect(await gpuDriver.status(machine.context, machine.request(handle))).toBe('attached');
      await gpuDriver.detach(machine.context, machine.request(handle));
    }
  });

  it("by NVIDIA's own VFIO says how it is also while another function cannot be read", async () => {
    const machine = await machineWith(h200, 'H200X-17C');
    const [, handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    const { sys } = machine.context;
    const link = async (path: string): Promise<string | undefined> =>
      path.endsWith('/virtfn0') ? undefined : sys.link(path);
    const context = { ...machine.context, sys: { ...sys, link } };
    expect(await gpuDriver.status(context, machine.request(handle))).toBe('detached');
    await gpuDriver.attach(machine.context, machine.request(handle));
    expect(await gpuDriver.status(context, machine.request(handle))).toBe('attached');
  });

  it('has another type where somebody else has made one of that', async () => {
    const machine = await machineWith(t4, 'T4-4Q');
    const [handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    const types = `/sys/class/mdev_bus/${here}/mdev_supported_types`;
    await simulation.machine.write(`${types}/nvidia-230/create`, '9f0e5a51-0000-4000-8000-000000000001');
    await expect(gpuDriver.attach(machine.context, machine.request(handle))).rejects.toMatchObject({
      code: 'busy',
    });
    const whole = { id: here, type: 'PCI' } as const;
    await expect(gpuDriver.attach(machine.context, machine.request(whole))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('9f0e5a51-0000-4000-8000-000000000001'),
    });
  });

  it("by NVIDIA's own VFIO is not taken from a guest that has it", async () => {
    const machine = await machineWith(h200, 'H200X-70C');
    const [handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    const answer = await gpuDriver.attach(machine.context, machine.request(handle));
    expect(answer.info).toMatchObject({ sysfsdev: '/sys/bus/pci/devices/0000:83:00.4', managed: 'no' });
    expect(await simulation.machine.link('/sys/bus/pci/devices/0000:83:00.4/driver')).toBe('nvidia');
    simulation.hold('0000:83:00.4');
    await expect(gpuDriver.detach(machine.context, machine.request(handle))).rejects.toMatchObject({
      code: 'busy',
    });
  });

  it('refuses a type that it does not have, and names those that it has', async () => {
    const machine = await machineWith(t4, 'T4-4Q');
    await expect(machine.install('T4-3Q')).rejects.toMatchObject({
      code: 'invalid',
      hint: expect.stringContaining('GRID T4-2Q'),
    });
    await expect(machine.install('A100-1-5C')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is refused without a vGPU host driver', async () => {
    const machine = gpuMachine(here, [nvidiaGpu({ address: here, model: 'T4' })]);
    simulation = machine.simulation;
    await expect(machine.install('T4-4Q')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('remembers the type that was installed, where the host keeps it', async () => {
    const records = createMemoryRecords();
    const store = createDriverRecords({ driver: 'gpu', records, bootId: 'a boot' });
    const machine = gpuMachine(here, [t4]);
    simulation = machine.simulation;
    const context = { ...machine.context, store };
    const device = { identity: `at:${here}`, address: here };
    await gpuDriver.install?.(context, { device, profile: 'T4-8Q', options: {} });
    const [found] = await gpuDriver.discover(context);
    expect(found?.deployables).toMatchObject([{ resourceClass: 'VGPU', handles: { length: 2 } }]);
    await gpuDriver.uninstall?.(context, { device, options: {} });
    const [whole] = await gpuDriver.discover(context);
    expect(whole?.deployables).toMatchObject([{ resourceClass: 'PGPU' }]);
  });
});
