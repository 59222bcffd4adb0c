import type { SimulatedFunction } from '../card.ts';

/** A type of vGPU that a GPU offers while a vGPU host driver runs it. */
export interface MdevType {
  /** Name of its directory, `nvidia-231`; its number alone with vendor-specific VFIO. Differs between releases. */
  readonly id: string;
  /** `GRID T4-2Q`. */
  readonly name: string;
  readonly framebufferMiB: number;
  readonly maxInstances: number;
}

/** The time-sliced types of a T4 for workstations. */
export const t4MdevTypes: readonly MdevType[] = vgpuTypes('GRID T4', 'Q', {
  firstId: 230,
  sizes: [1, 2, 4, 8, 16],
});

/** The time-sliced types of an A100 with 40 GB for computing. */
export const a100MdevTypes: readonly MdevType[] = vgpuTypes('NVIDIA A100', 'C', {
  firstId: 468,
  sizes: [4, 5, 8, 10, 20, 40],
});

/** The time-sliced types of an H200 for computing. */
export const h200VgpuTypes: readonly MdevType[] = vgpuTypes('NVIDIA H200X', 'C', {
  firstId: 1423,
  sizes: [8, 14, 17, 35, 70, 141],
});

interface TypeSizes {
  readonly firstId: number;
  /** In gigabytes, rising; the last is the whole board. */
  readonly sizes: readonly number[];
}

function vgpuTypes(board: string, series: 'C' | 'Q', { firstId, sizes }: TypeSizes): MdevType[] {
  return sizes.map((gib, at) => ({
    id: `nvidia-${firstId + at}`,
    name: `${board}-${gib}${series}`,
    framebufferMiB: gib * 1024,
    maxInstances: Math.floor((sizes.at(-1) ?? 0) / gib),
  }));
}

/**
 * What a vGPU host driver shows under a GPU, or under each of its virtual functions
 * (Documentation/driver-api/vfio-mediated-device.rst).
 *
 * @param perFunction the most that one function takes
 */
export function mdevFiles(
  address: string,
  types: readonly MdevType[],
  perFunction = Number.POSITIVE_INFINITY,
): SimulatedFunction['whenBound'] {
  if (types.length === 0) return { files: {}, links: {} };
  const files = types.flatMap(({ id, name, framebufferMiB, maxInstances }) => {
    const directory = `mdev_supported_types/${id}`;
    const description = `num_heads=4, frl_config=60, framebuffer=${framebufferMiB}M, max_resolution=7680x4320`;
    return [
      [`${directory}/name`, `${name}\n`],
      [`${directory}/description`, `${description}, max_instance=${maxInstances}\n`],
      [`${directory}/available_instances`, `${Math.min(maxInstances, perFunction)}\n`],
      [`${directory}/device_api`, 'vfio-pci\n'],
      [`${directory}/create`, ''],
    ];
  });
  return { files: Object.fromEntries(files), links: { [`/sys/class/mdev_bus/${address}`]: '' } };
}

/**
 * What the driver shows under a virtual function where it has its own VFIO and no mediated devices (Linux 6.8 and
 * later; NVIDIA vGPU software documentation, vendor-specific VFIO framework).
 */
export function vendorVfioFiles(types: readonly MdevType[]): SimulatedFunction['whenBound'] {
  return {
    files: {
      'nvidia/creatable_vgpu_types': creatableText(types),
      'nvidia/current_vgpu_type': '0\n',
      'nvidia/vgpu_params': '\n',
    },
    links: {},
  };
}

/** The table of `creatable_vgpu_types`. */
export function creatableText(types: readonly Pick<MdevType, 'id' | 'name'>[]): string {
  const rows = types.map(({ id, name }) => `${id.replace('nvidia-', '').padEnd(5)} : ${name}\n`);
  return `ID    : vGPU Name\n${rows.join('')}`;
}
