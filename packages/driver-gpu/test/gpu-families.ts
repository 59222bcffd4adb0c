import { parsePciAddress } from '@cyborgjs/core';
import {
  type ConformanceFixture,
  createContext,
  type Disturbance,
  type FixtureHold,
  pciFixture,
} from '@cyborgjs/driver-sdk/conformance';
import {
  a100MdevTypes,
  amdGpu,
  bmcVga,
  type CardPlan,
  h200VgpuTypes,
  intelFpgaDfl,
  intelGpu,
  nvidiaGpu,
  nvSwitch,
  type Simulation,
  t4MdevTypes,
} from '@cyborgjs/driver-sdk/simulator';
import { GpuConfig } from '../src/config.ts';
import { gpuDriver } from '../src/index.ts';

type Place = { readonly address: string };

/** Cards of one kind, cut in one way. */
export interface Family {
  readonly name: string;
  readonly card: (place: Place) => CardPlan;
  /** How it is cut; as it comes when left out. */
  readonly layout?: string;
  readonly config?: unknown;
  readonly hold?: FixtureHold;
  readonly disturbances?: (simulation: Simulation, handleId: string) => readonly Disturbance[];
  /** Whether it is tried at each run of the suite, as one of those most unlike each other. */
  readonly isPlain?: boolean;
  /** Checks that it cannot show; everything else must pass. */
  readonly notShown?: readonly string[];
}

/** What is on every such server and no GPU to give out. */
const others = [
  bmcVga({ address: '0000:03:00.0' }),
  nvSwitch({ address: '0000:04:00.0' }),
  intelFpgaDfl({ address: '0000:05:00.0' }),
];

const devices = ['0000:83:00.0', '0000:93:00.0'];

/** The machines that a family is tried on. */
export function fixtureOf(family: Family): ConformanceFixture {
  const { name, card, layout, hold, disturbances } = family;
  const config = family.config ?? { layouts: layout === undefined ? [] : [{ layout }] };
  const at = (addresses: readonly string[]): CardPlan[] => [
    ...others,
    ...addresses.map((address) => card({ address })),
  ];
  return pciFixture({
    name,
    config,
    devices,
    cards: at(devices),
    moved: at(['0000:a3:00.0', '0000:b3:00.0']),
    bare: others,
    scaled: (count) =>
      at(Array.from({ length: count }, (_, index) => `0000:${(index + 0x10).toString(16)}:00.0`)),
    ...(layout === undefined
      ? {}
      : { profile: layout, prepare: (machine) => cutAll(machine, config, layout) }),
    // The kit attaches handles of the first device.
    functionOf: async (_machine, id) => (parsePciAddress(id) === undefined ? devices[0] : undefined),
    ...(hold === undefined ? {} : { hold }),
    ...(disturbances === undefined ? {} : { disturbances }),
  });
}

/** Cuts all GPUs of a machine with the driver itself. */
async function cutAll({ machine }: Simulation, config: unknown, profile: string): Promise<void> {
  const context = createContext({ config: GpuConfig.parse(config), sys: machine });
  for (const { identity, address } of await gpuDriver.discover(context))
    await gpuDriver.install?.(context, {
      device: { identity: identity ?? `at:${address}`, address },
      profile,
      options: {},
    });
}

/** A process of the host has the GPU open. */
const openOnHost: FixtureHold = (simulation, id) => {
  simulation.hold(id, '/usr/bin/python3 train.py');
  return () => simulation.letGo(id);
};

/** A process of the host has the GPU instance of the first handle open: the smallest, at its first place. */
const openInstance: FixtureHold = (simulation) => {
  const [slice] = simulation
    .cards()
    .flatMap(({ slices }) => slices)
    .toSorted((left, right) => left.size - right.size || left.start - right.start);
  const held = `${devices[0]} gi${slice?.id}`;
  simulation.hold(held, '/usr/bin/python3 train.py');
  return () => simulation.letGo(held);
};

/** A file reads otherwise for a while: vGPUs of somebody else take what there is. */
const takenBy =
  (path: string, taken: string, free: string): FixtureHold =>
  (simulation) => {
    simulation.setFile(path, taken);
    return () => simulation.setFile(path, free);
  };

const available = (parent: string, type: string, free: string): FixtureHold =>
  takenBy(`/sys/bus/pci/devices/${parent}/mdev_supported_types/${type}/available_instances`, '0\n', free);

/** The table of a virtual function of which no more vGPUs can be made, and the one before. */
const noneCreatable: FixtureHold = (simulation, virtfn) => {
  const path = `/sys/bus/pci/devices/${virtfn}/nvidia/creatable_vgpu_types`;
  const before = h200VgpuTypes
    .map(({ id, name }) => `${id.replace('nvidia-', '').padEnd(5)} : ${name}\n`)
    .join('');
  return takenBy(path, 'ID    : vGPU Name\n', `ID    : vGPU Name\n${before}`)(simulation, virtfn);
};

const smi = async ({ machine }: Simulation, ...args: readonly string[]): Promise<void> => {
  const { code, out } = await machine.run('/usr/bin/nvidia-smi', args);
  if (code !== 0) throw new Error(out);
};

/** Someone destroys the compute instance that makes an instance given out. */
const computeDestroyed = (simulation: Simulation): readonly Disturbance[] => [
  {
    name: 'its compute instance was destroyed',
    apply: async () => {
      const [slice] = simulation
        .cards()
        .flatMap(({ slices }) => slices.filter((one) => one.computeInstances.length > 0));
      await smi(simulation, 'mig', '-i', `${devices[0]}`, '-dci', '-gi', `${slice?.id}`, '-ci', '0');
    },
  },
];

const mdevRemoved = ({ machine }: Simulation, uuid: string): readonly Disturbance[] => [
  {
    name: 'its mediated device was removed',
    apply: () => machine.write(`/sys/bus/mdev/devices/${uuid}/remove`, '1'),
  },
];

const typePath = (virtfn: string): string => `/sys/bus/pci/devices/${virtfn}/nvidia/current_vgpu_type`;

const vgpuRemoved = ({ machine }: Simulation, virtfn: string): readonly Disturbance[] => [
  { name: 'its vGPU was removed', apply: () => machine.write(typePath(virtfn), '0') },
];

/** Every kind of card and every way to cut it that the driver knows. */
export const families: readonly Family[] = [
  {
    name: 'two H200',
    card: nvidiaGpu,
    config: {
      vendors: ['nvidia', 'amd'],
      except: ['0000:00:02.0'],
      nvidiaSmi: { timeoutMs: 5_000 },
      kernelLog: { ignoreXids: [31] },
      layouts: [{ cards: '0000:83:*', layout: 'whole' }],
    },
    hold: openOnHost,
  },
  {
    name: 'two L40S with sound, kept by the persistence daemon',
    isPlain: true,
    card: (place) => nvidiaGpu({ ...place, model: 'L40S', audio: true, persistenced: true }),
    hold: openOnHost,
  },
  {
    name: 'GPU instances of two H200, all alike',
    card: nvidiaGpu,
    layout: 'all-1g.18gb',
    hold: openInstance,
    disturbances: computeDestroyed,
  },
  {
    name: 'GPU instances of two A100, mixed',
    isPlain: true,
    card: (place) => nvidiaGpu({ ...place, model: 'A100', dtd: 12 }),
    layout: '3g.40gb,2g.20gb,1g.10gb',
    hold: openInstance,
    disturbances: computeDestroyed,
  },
  {
    name: 'vGPUs of two T4 by mediated devices',
    isPlain: true,
    card: (place) => nvidiaGpu({ ...place, model: 'T4', vgpu: { by: 'mdev', types: t4MdevTypes } }),
    layout: 'T4-4Q',
    hold: available('0000:83:00.0', 'nvidia-232', '4\n'),
    disturbances: mdevRemoved,
  },
  {
    name: 'vGPUs of two A100 by mediated devices of virtual functions',
    card: (place) => nvidiaGpu({ ...place, model: 'A100 40GB', vgpu: { by: 'mdev', types: a100MdevTypes } }),
    layout: 'NVIDIA A100-10C',
    hold: available('0000:83:00.4', 'nvidia-471', '1\n'),
    disturbances: mdevRemoved,
  },
  {
    name: "vGPUs of two H200 by NVIDIA's own VFIO",
    card: (place) => nvidiaGpu({ ...place, vgpu: { by: 'vendor-vfio', types: h200VgpuTypes } }),
    layout: 'H200X-35C',
    hold: noneCreatable,
    disturbances: vgpuRemoved,
  },
  { name: 'two MI210', card: (place) => amdGpu({ ...place, model: 'MI210' }), hold: openOnHost },
  { name: 'two MI300X in partitions', isPlain: true, card: amdGpu, layout: 'CPX/NPS4', hold: openOnHost },
  {
    name: 'two Arc Pro B60',
    card: (place) => intelGpu({ ...place, model: 'Arc Pro B60' }),
    hold: openOnHost,
  },
  // The simulated virtual functions have no device nodes by which a process of the host could use them.
  {
    name: 'virtual functions of two Flex 170',
    isPlain: true,
    card: intelGpu,
    layout: 'vfs-3',
    notShown: ['busy'],
  },
];
