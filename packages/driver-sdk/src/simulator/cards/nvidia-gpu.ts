import type { CardMaker, CardPlan, SimulatedFunction } from '../card.ts';
import { asUuid, type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';
import { drmNodes } from './drm-nodes.ts';
import { type MdevType, mdevFiles } from './mdev-types.ts';

interface NvidiaModel {
  readonly name: string;
  readonly device: string;
  readonly subsystem: string;
  readonly class: string;
  readonly memoryMiB: number;
  readonly computeCapability: string;
  readonly powerLimitW: number;
  readonly vbios: string;
  readonly totalVfs: number;
}

const board = (
  [name, device, subsystem]: readonly [string, string, string],
  rest: Omit<NvidiaModel, 'name' | 'device' | 'subsystem' | 'class'>,
): NvidiaModel => ({ name, device, subsystem, class: '030200', ...rest });

const models = {
  H200: board(['NVIDIA H200', '2335', '18be'], {
    memoryMiB: 143771,
    computeCapability: '9.0',
    powerLimitW: 700,
    vbios: '96.00.A5.00.03',
    totalVfs: 16,
  }),
  H100: board(['NVIDIA H100 80GB HBM3', '2330', '16c1'], {
    memoryMiB: 81559,
    computeCapability: '9.0',
    powerLimitW: 700,
    vbios: '96.00.74.00.01',
    totalVfs: 16,
  }),
  A100: board(['NVIDIA A100-SXM4-80GB', '20b2', '1463'], {
    memoryMiB: 81920,
    computeCapability: '8.0',
    powerLimitW: 400,
    vbios: '92.00.45.00.03',
    totalVfs: 16,
  }),
  L40S: board(['NVIDIA L40S', '26b9', '1851'], {
    memoryMiB: 46068,
    computeCapability: '8.9',
    powerLimitW: 350,
    vbios: '95.02.66.00.02',
    totalVfs: 32,
  }),
  T4: board(['Tesla T4', '1eb8', '12a2'], {
    memoryMiB: 15360,
    computeCapability: '7.5',
    powerLimitW: 70,
    vbios: '90.04.38.00.03',
    totalVfs: 0,
  }),
} as const;

export interface NvidiaGpuOptions extends CardPlace {
  /** Default H200. */
  readonly model?: keyof typeof models;
  readonly uuid?: string;
  readonly serial?: string;
  /** Types of mediated devices, for a vGPU host driver; default none. */
  readonly mdevTypes?: readonly MdevType[];
}

const driverVersion = '590.48.01';

/** A data-centre GPU on the `nvidia` driver, seen by nvidia-smi and /proc/driver/nvidia while it is bound. */
export function nvidiaGpu(options: NvidiaGpuOptions): CardPlan {
  const model = models[options.model ?? 'H200'];
  return (maker) => {
    const card = maker.next('card');
    const uuid = options.uuid ?? `GPU-${asUuid(maker.madeUp(32, 'nvidia', card))}`;
    const minor = maker.next('nvidia');
    return simulatedCard({
      kind: 'nvidia-gpu',
      facts: {
        uuid,
        serial:
          options.serial ??
          `165${(Number.parseInt(maker.madeUp(8, 'serial', card), 16) % 1e10).toString().padStart(10, '0')}`,
        name: model.name,
        minor: `${minor}`,
        memoryMiB: `${model.memoryMiB}`,
        computeCapability: model.computeCapability,
        powerLimitW: `${model.powerLimitW}`,
        vbios: model.vbios,
        driverVersion,
      },
      functions: [gpuFunction(options, model, whenBound(maker, { options, model, uuid, minor }))],
      hostFiles: {
        '/proc/driver/nvidia/version': `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${driverVersion}  Release Build  (simulated)\nGCC version:  gcc version 12.2.0\n`,
        '/proc/driver/nvidia/params':
          'DeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438\nModifyDeviceFiles: 1\n',
        '/dev/nvidiactl': '',
      },
      tools: ['/usr/bin/nvidia-smi'],
    });
  };
}

function gpuFunction(
  place: CardPlace,
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
    sriov:
      model.totalVfs === 0
        ? null
        : {
            totalVfs: model.totalVfs,
            numVfs: 0,
            offset: 4,
            stride: 1,
            vfDevice: model.device,
            vfDriver: 'nvidia',
            driverLimit: null,
            // Only NVIDIA's vGPU host driver enables functions.
            configurable: false,
          },
    whenBound: bound,
  });
}

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
  const mdev = mdevFiles(options.address, options.mdevTypes ?? []);
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
