import { rmSync } from 'node:fs';
import { type DriverContext, dryRunMachine, type PlannedStep } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  a100MdevTypes,
  amdGpu,
  type CardPlan,
  h200VgpuTypes,
  intelGpu,
  nvidiaGpu,
  type Simulation,
  t4MdevTypes,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import type { GpuConfig } from '../src/config.ts';
import { gpuDriver } from '../src/index.ts';
import { gpuMachine } from './gpu-machine.ts';

const here = '0000:83:00.0';
const device = { identity: `at:${here}`, address: here };

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

type Context = DriverContext<GpuConfig>;

/** What a verb plans on a machine, which stays as it is, and what it then does. */
async function planAndDeeds(context: Context, call: (context: Context) => Promise<unknown>) {
  const { config, store, sys } = context;
  const before = simulation.snapshot();
  const dry = dryRunMachine(sys);
  await call(createContext({ config, store, sys: dry.machine, dryRun: true }));
  expect(simulation.snapshot()).toEqual(before);
  const deeds: PlannedStep[] = [];
  await call(
    createContext({
      config,
      store,
      sys: {
        ...sys,
        write: async (path, text) => {
          deeds.push({ verb: 'write', path, text });
          return sys.write(path, text);
        },
        run: async (tool, args, options) => {
          if (options?.readOnly !== true) deeds.push({ verb: 'run', tool, args: [...args] });
          return sys.run(tool, args, options);
        },
      },
    }),
  );
  return { plan: [...dry.plan], deeds };
}

const install = (profile: string | undefined) => async (context: Context) =>
  gpuDriver.install?.(context, { device, options: {}, ...(profile === undefined ? {} : { profile }) });
const uninstall = async (context: Context) => gpuDriver.uninstall?.(context, { device, options: {} });

interface Story {
  readonly card: CardPlan;
  /** The layout that it is cut into before. */
  readonly first?: string;
  /** The layout that it is cut into; null makes it whole. */
  readonly last: string | null;
}

const h200 = nvidiaGpu({ address: here });
const a100 = nvidiaGpu({ address: here, model: 'A100' });
const t4 = nvidiaGpu({ address: here, model: 'T4', vgpu: { by: 'mdev', types: t4MdevTypes } });
const sriovA100 = nvidiaGpu({
  address: here,
  model: 'A100 40GB',
  vgpu: { by: 'mdev', types: a100MdevTypes },
});
const vfioH200 = nvidiaGpu({ address: here, vgpu: { by: 'vendor-vfio', types: h200VgpuTypes } });

const stories: Readonly<Record<string, Story>> = {
  'a H200 into instances, MIG off before': { card: h200, last: 'all-1g.18gb' },
  'a H200 from instances into others': { card: h200, first: 'all-1g.18gb', last: '3g.71gb,1g.18gb' },
  'a H200 into the instances that it has': { card: h200, first: 'all-1g.18gb', last: 'all-1g.18gb' },
  'a H200 from instances to a whole one': { card: h200, first: 'all-1g.18gb', last: null },
  'an A100, which needs a reset for MIG': { card: a100, last: '3g.40gb,4g.40gb' },
  'an A100 from instances to a whole one': { card: a100, first: '3g.40gb,4g.40gb', last: null },
  'a T4 into vGPUs by mdev': { card: t4, last: 'GRID T4-4Q' },
  'an A100 into vGPUs by mdev of virtual functions': { card: sriovA100, last: 'A100-10C' },
  'an A100 from vGPUs to a whole one': { card: sriovA100, first: 'A100-10C', last: null },
  'a H200 into vGPUs by vendor VFIO': { card: vfioH200, last: 'H200X-17C' },
  'a H200 from vGPUs to a whole one': { card: vfioH200, first: 'H200X-17C', last: null },
  'a MI300X into partitions': { card: amdGpu({ address: here }), last: 'CPX/NPS4' },
  'a MI300X from partitions to a whole one': {
    card: amdGpu({ address: here }),
    first: 'CPX/NPS4',
    last: null,
  },
  'a Flex 170 into virtual functions': { card: intelGpu({ address: here }), last: 'vfs-4' },
  'a Flex 170 into another number of them': {
    card: intelGpu({ address: here }),
    first: 'vfs-4',
    last: 'vfs-2',
  },
  'a Flex 170 from virtual functions to a whole one': {
    card: intelGpu({ address: here }),
    first: 'vfs-4',
    last: null,
  },
};

describe('a dry run of install and uninstall plans what is then done:', () => {
  it.each(Object.entries(stories))('%s', async (name, { card, first, last }) => {
    const machine = gpuMachine(here, [card]);
    simulation = machine.simulation;
    if (first !== undefined) await machine.install(first);
    const { plan, deeds } = await planAndDeeds(machine.context, last === null ? uninstall : install(last));
    expect(plan).toEqual(deeds);
    // Only vGPUs of a card without virtual functions, and what is there already, need nothing at this time.
    expect(deeds.length > 0).toBe(!/T4|that it has/.test(name));
  });

  it('and refuses what is then refused', async () => {
    const machine = gpuMachine(here, [h200]);
    simulation = machine.simulation;
    await machine.install('all-1g.18gb');
    const [first] = await machine.handles();
    if (first === undefined) throw new Error('no handle');
    await gpuDriver.attach(machine.context, machine.request(first));
    const { config, store, sys } = machine.context;
    const dry = dryRunMachine(sys);
    const context = createContext({ config, store, sys: dry.machine, dryRun: true });
    await expect(install('3g.71gb')(context)).rejects.toMatchObject({ code: 'in_use' });
    await expect(uninstall(context)).rejects.toMatchObject({ code: 'in_use' });
    expect(dry.plan).toEqual([]);
  });
});
