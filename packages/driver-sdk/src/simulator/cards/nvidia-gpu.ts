import type { CardMaker, CardPlan, SimulatedFunction, SimulatedSriov } from '../card.ts';
import { capabilityHostFiles } from '../kernel/nvidia-instances.ts';
import { asUuid, type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';
import { drmNodes } from './drm-nodes.ts';
import { type MdevType, mdevFiles, vendorVfioFiles } from './mdev-types.ts';
import { type NvidiaModel, nvidiaModels } from './nvidia-models.ts';

/** How a vGPU host driver offers its types: by mediated devices, or by VFIO of its own (Linux 6.8 and later). */
export interface NvidiaVgpu {
  readonly by: 'mdev' | 'vendor-vfio';
  readonly types: readonly MdevType[];
}

export interface NvidiaGpuOptions extends CardPlace {
  /** Default H200. */
  readonly model?: keyof typeof nvidiaModels;
  readonly uuid?: string;
  readonly serial?: string;
  /** A vGPU host driver; default none. */
  readonly vgpu?: NvidiaVgpu;
  /** Whether it has an audio function beside it, in its IOMMU group; default not. */
  readonly audio?: boolean;
  /** Whether the persistence daemon keeps it open; default not. */
  readonly persistenced?: boolean;
  /** Major version of the tool's XML, default 13. */
  readonly dtd?: 11 | 12 | 13;
}

const driverVersion = '590.48.01';

/** A data-centre GPU on the `nvidia` driver, seen by nvidia-smi and /proc/driver/nvidia while it is bound. */
export function nvidiaGpu(options: NvidiaGpuOptions): CardPlan {
  const model = nvidiaModels[options.model ?? 'H200'];
  return (maker) => {
    const card = maker.next('card');
    const uuid = options.uuid ?? `GPU-${asUuid(maker.madeUp(32, 'nvidia', card))}`;
    const minor = maker.next('nvidia');
    const place = withGroup(options);
    const gpu = gpuFunction(place, model, whenBound(maker, { options, model, uuid, minor }));
    return simulatedCard({
      kind: 'nvidia-gpu',
      facts: {
        uuid,
        serial:
          options.serial ??
          `165${(Number.parseInt(maker.madeUp(8, 'serial', card), 16) % 1e10).toString().padStart(10, '0')}`,
        ...modelFacts(model),
        minor: `${minor}`,
        driverVersion,
        dtd: `${options.dtd ?? 13}`,
        persistence: options.persistenced === true ? 'Enabled' : 'Disabled',
        vgpuTypes: JSON.stringify(options.vgpu?.types ?? []),
      },
      functions: options.audio === true ? [gpu, audioFunction(place)] : [gpu],
      hostFiles: hostFiles(options),
      tools: [
        '/usr/bin/nvidia-smi',
        '/usr/bin/dmesg',
        ...(gpu.sriov === null ? [] : ['/usr/lib/nvidia/sriov-manage']),
      ],
    });
  };
}

function modelFacts(model: NvidiaModel): Record<string, string> {
  return {
    name: model.name,
    memoryMiB: `${model.memoryMiB}`,
    computeCapability: model.computeCapability,
    powerLimitW: `${model.powerLimitW}`,
    vbios: model.vbios,
    mig: model.mig.length === 0 ? '[N/A]' : 'Disabled',
    migPending: model.mig.length === 0 ? '[N/A]' : 'Disabled',
    migNeedsReset: `${model.computeCapability.startsWith('8.')}`,
    migProfiles: JSON.stringify(model.mig),
  };
}

function hostFiles({ persistenced = false }: NvidiaGpuOptions): Record<string, string> {
  return {
    ...capabilityHostFiles,
    '/proc/driver/nvidia/version': `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${driverVersion}  Release Build  (simulated)\nGCC version:  gcc version 12.2.0\n`,
    '/proc/driver/nvidia/params':
      'DeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438\nModifyDeviceFiles: 1\n',
    '/dev/nvidiactl': '',
    '/dev/nvidia-uvm': '',
    ...(persistenced ? { '/run/nvidia-persistenced/socket': '' } : {}),
  };
}

/** A GPU and its audio function share a group; its number is made of the bus. */
function withGroup(options: NvidiaGpuOptions): NvidiaGpuOptions {
  if (options.audio !== true || options.iommuGroup !== undefined) return options;
  return { ...options, iommuGroup: 1000 + Number.parseInt(options.address.slice(5, 7), 16) };
}

function audioFunction(place: CardPlace): SimulatedFunction {
  return pciFunction(
    { ...place, address: place.address.replace(/\.0$/, '.1'), boundTo: 'snd_hda_intel' },
    { vendor: '10de', device: '22ba', class: '040300', revision: 'a1', driver: 'snd_hda_intel' },
  );
}

function gpuFunction(
  place: CardPlace & Pick<NvidiaGpuOptions, 'vgpu'>,
  model: NvidiaModel,
  bound: SimulatedFunction['whenBound'],
): SimulatedFunction {
  return pciFunction(place, {
    vendor: '10de',
    device: model.device,
    class: model.class,
    subsystemDevice: model.subsystem,
    revision: 'a1',
    driver: 'nvidia',
    sriov: model.totalVfs === 0 ? null : gpuSriov(model, place.vgpu),
    whenBound: bound,
  });
}

function gpuSriov(model: NvidiaModel, vgpu: NvidiaVgpu | undefined): SimulatedSriov {
  return {
    totalVfs: model.totalVfs,
    numVfs: 0,
    offset: 4,
    stride: 1,
    vfDevice: model.device,
    vfDriver: 'nvidia',
    driverLimit: null,
    // Only NVIDIA's vGPU host driver enables functions, by its own tool.
    configurable: false,
    ...(vgpu === undefined ? {} : { vfWhenBound: vgpuFiles(vgpu) }),
  };
}

const vgpuFiles = ({ by, types }: NvidiaVgpu): SimulatedFunction['whenBound'] =>
  by === 'mdev' ? mdevFiles('{address}', types, 1) : vendorVfioFiles(types);

interface BoundGpu {
  readonly options: NvidiaGpuOptions;
  readonly model: NvidiaModel;
  readonly uuid: string;
  readonly minor: number;
}

function whenBound(
  maker: CardMaker,
  { options, model, uuid, minor }: BoundGpu,
): SimulatedFunction['whenBound'] {
  const drm = drmNodes(maker);
  // Boards with SR-IOV show their types at the virtual functions.
  const mdev = mdevFiles(options.address, model.totalVfs === 0 ? (options.vgpu?.types ?? []) : []);
  const proc = `/proc/driver/nvidia/gpus/${options.address}`;
  const information = [
    ['Model: \t\t', model.name],
    ['IRQ:   \t\t', `${200 + minor}`],
    ['GPU UUID: \t', uuid],
    ['Video BIOS: \t', model.vbios.toLowerCase()],
    ['Bus Type: \t', 'PCIe'],
    ['DMA Size: \t', '52 bits'],
    ['DMA Mask: \t', '0xfffffffffffff'],
    ['Bus Location: \t', options.address],
    ['Device Minor: \t', `${minor}`],
    ['GPU Firmware: \t', driverVersion],
    ['GPU Excluded:\t', 'No'],
  ];
  return {
    files: {
      ...drm.files,
      ...mdev.files,
      [`${proc}/information`]: `${information.map((pair) => pair.join(' ')).join('\n')}\n`,
      [`${proc}/numa_status`]: 'Node: -1\nStatus: disabled\n',
      [`${proc}/unbindLock`]: '0\n',
      [`/dev/nvidia${minor}`]: '',
    },
    links: { ...drm.links, ...mdev.links },
  };
}
