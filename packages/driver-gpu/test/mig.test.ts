import { rmSync } from 'node:fs';
import type { Machine } from '@cyborgjs/driver-sdk';
import { nvidiaGpu, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { gpuDriver } from '../src/index.ts';
import { type GpuMachine, gpuMachine } from './gpu-machine.ts';

const here = '0000:83:00.0';
const uuid = 'GPU-00000000-1111-4222-8333-444444444401';

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function machineWith(model: 'H200' | 'A100' | 'A30' | 'L40S', config: unknown = {}): GpuMachine {
  const machine = gpuMachine(here, [nvidiaGpu({ address: here, uuid, model })], config);
  simulation = machine.simulation;
  return machine;
}

/** Fails what would change something on the machine. */
function forbidChanges({ context }: GpuMachine): GpuMachine['context'] {
  const sys: Machine = {
    ...context.sys,
    write: async (path) => {
      throw new Error(`wrote ${path}`);
    },
    run: async (tool, args, options) => {
      if (options?.readOnly !== true) throw new Error(`ran ${tool} ${args.join(' ')}`);
      return context.sys.run(tool, args, options);
    },
  };
  return { ...context, sys };
}

const installOn = (context: GpuMachine['context'], profile: string) =>
  gpuDriver.install?.(context, { device: { identity: uuid, address: here }, profile, options: {} });

describe('a GPU cut by MIG', () => {
  it('offers its instances as CDI handles, one deployable for each profile', async () => {
    const { deployables } = await machineWith('H200').install('3g.71gb,1g.18gb,1g.18gb');
    expect(
      deployables.map(({ name, resourceClass, handles }) => [name, resourceClass, handles.length]),
    ).toEqual([
      [`${here}_1g.18gb`, 'CUSTOM_MIG_1G_18GB', 2],
      [`${here}_3g.71gb`, 'CUSTOM_MIG_3G_71GB', 1],
    ]);
    expect(deployables[0]?.traits).toContain('CUSTOM_GPU_MIG_PROFILE_1G_18GB');
    expect(deployables[0]?.handles[0]).toEqual({
      id: `nvidia.com/mig=${uuid}:1g.18gb:4`,
      type: 'CDI',
      info: { gpu_uuid: uuid, profile: '1g.18gb', placement: '4:1' },
    });
  });

  it('is filled with as many as fit', async () => {
    expect(await machineWith('H200').install('all-1g.18gb')).toMatchObject({
      deployables: [{ handles: { length: 7 } }],
    });
    rmSync(simulation.root, { recursive: true });
    expect(await machineWith('A30').install('all-2g.12gb')).toMatchObject({
      deployables: [{ handles: { length: 2 } }],
    });
  });

  it('that has the layout is not touched', async () => {
    const machine = machineWith('A100');
    const first = await machine.install('3g.40gb,4g.40gb');
    expect(await installOn(forbidChanges(machine), '4g.40gb,3g.40gb')).toEqual(first);
  });

  it('is asked alone whether MIG is on: others may be many, or sick', async () => {
    const machine = machineWith('A100');
    const { sys } = machine.context;
    const asked: string[] = [];
    const run: Machine['run'] = (tool, args, options) => {
      if (args.includes('-q')) asked.push(args.join(' '));
      return sys.run(tool, args, options);
    };
    await installOn({ ...machine.context, sys: { ...sys, run } }, '3g.40gb,4g.40gb');
    const alone = `-q -x -i ${here}`;
    // The host is read before and after.
    expect(asked).toEqual(['-q -x', alone, alone, alone, '-q -x']);
  });

  it.each([
    ['7g.141gb,1g.18gb', 'do not fit'],
    ['1g.10gb', 'has no MIG profile'],
    ['all-9', 'is no layout'],
  ])('refuses %s before anything is changed', async (layout, reason) => {
    const machine = machineWith('H200');
    await expect(installOn(forbidChanges(machine), layout)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(reason),
    });
  });

  it('is checked by the table of boards where the driver tells no profiles while MIG is off', async () => {
    const machine = machineWith('H200');
    const { sys } = machine.context;
    const run: Machine['run'] = async (tool, args, options) =>
      args.some((arg) => arg.startsWith('-lgip'))
        ? { code: 6, out: 'No MIG-enabled devices found.\n', err: '' }
        : sys.run(tool, args, options);
    const older = { ...machine, context: { ...machine.context, sys: { ...sys, run } } };
    await expect(installOn(forbidChanges(older), '7g.141gb,1g.18gb')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('do not fit'),
    });
  });

  it('may have an instance with the engines for media', async () => {
    const { deployables } = await machineWith('H200').install('1g.18gb+me,3g.71gb');
    expect(deployables.map(({ resourceClass }) => resourceClass)).toEqual([
      'CUSTOM_MIG_1G_18GB_ME',
      'CUSTOM_MIG_3G_71GB',
    ]);
  });

  it('is refused where there is no MIG', async () => {
    await expect(machineWith('L40S').install('all-1g.10gb')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is not cut while somebody uses it, and they are named', async () => {
    const machine = machineWith('A100');
    simulation.hold(here, '/usr/bin/dcgmi diag');
    await expect(machine.install('all-1g.10gb')).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/process 4200 \(\/usr\/bin\/dcgmi diag\)/),
    });
    expect((await machine.device()).attributes.mig).toBe('Disabled');
  });

  it('is not cut anew while an instance is given out', async () => {
    const machine = machineWith('A100');
    const { deployables } = await machine.install('all-1g.10gb');
    const [handle] = deployables[0]?.handles ?? [];
    if (handle === undefined) throw new Error('no handle');
    await gpuDriver.attach(machine.context, machine.request(handle));
    await expect(machine.install('7g.80gb')).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining(handle.id),
    });
    await expect(machine.uninstall()).rejects.toMatchObject({ code: 'in_use' });
    expect(await machine.handles()).toHaveLength(7);
  });

  it('gives an instance out with the device nodes that a container needs', async () => {
    const machine = machineWith('H200');
    await machine.install('all-1g.18gb');
    const [handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    const answer = await gpuDriver.attach(machine.context, machine.request(handle));
    expect(answer).toEqual({
      type: 'CDI',
      info: {
        cdi_name: `nvidia.com/mig=${uuid}:1g.18gb:0`,
        gpu_uuid: uuid,
        profile: '1g.18gb',
        gpu_instance: '7',
        compute_instance: '0',
        device_nodes:
          '/dev/nvidiactl,/dev/nvidia0,/dev/nvidia-uvm,/dev/nvidia-caps/nvidia-cap66,/dev/nvidia-caps/nvidia-cap67',
      },
    });
    expect(await simulation.machine.list('/dev/nvidia-caps')).toContain('nvidia-cap67');
  });

  it('names who still computes in an instance that is to be taken back', async () => {
    const machine = machineWith('H200');
    await machine.install('all-1g.18gb');
    const [handle] = await machine.handles();
    if (handle === undefined) throw new Error('no handle');
    await gpuDriver.attach(machine.context, machine.request(handle));
    simulation.hold(`${here} gi7`, '/usr/bin/python3 infer.py');
    await expect(gpuDriver.detach(machine.context, machine.request(handle))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('4200 (/usr/bin/python3 infer.py)'),
    });
    simulation.letGo(`${here} gi7`);
    await gpuDriver.detach(machine.context, machine.request(handle));
    expect(await gpuDriver.status(machine.context, machine.request(handle))).toBe('detached');
  });

  it.each([
    ['A100', 'all-1g.10gb', /MIG is on and it has no GPU instances/],
    ['H200', 'all-1g.18gb', /MIG is off; it was on before a reboot/],
  ] as const)(
    'of %s loses its instances in a reboot, and gets the same ones by install',
    async (model, layout, reason) => {
      const machine = machineWith(model, { layouts: [{ layout }] });
      await machine.install();
      const before = await machine.handles();
      simulation.reboot();
      const after = await machine.device();
      expect(after.deployables).toEqual([]);
      expect(after.attributes.not_offered).toMatch(reason);
      await machine.install();
      expect(await machine.handles()).toEqual(before);
    },
  );

  it('is whole again after uninstall', async () => {
    const machine = machineWith('A100');
    await machine.install('all-1g.10gb');
    await machine.uninstall();
    expect(await machine.device()).toMatchObject({
      attributes: { mig: 'Disabled' },
      deployables: [{ resourceClass: 'PGPU' }],
    });
  });
});
