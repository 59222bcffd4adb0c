import type { SimulatedFunction } from '../card.ts';

/** A type of mediated device that a GPU offers while a vGPU host driver runs it. */
export interface MdevType {
  /** Name of its directory: `nvidia-231`. Differs between boards and driver releases. */
  readonly id: string;
  /** `GRID T4-2Q`. */
  readonly name: string;
  readonly framebufferMiB: number;
  readonly maxInstances: number;
}

/** The time-sliced types of a T4 for workstations. */
export const t4MdevTypes: readonly MdevType[] = [1, 2, 4, 8, 16].map((gib, at) => ({
  id: `nvidia-${230 + at}`,
  name: `GRID T4-${gib}Q`,
  framebufferMiB: gib * 1024,
  maxInstances: 16 / gib,
}));

/** What a vGPU host driver shows under a GPU (Documentation/driver-api/vfio-mediated-device.rst). */
export function mdevFiles(address: string, types: readonly MdevType[]): SimulatedFunction['whenBound'] {
  if (types.length === 0) return { files: {}, links: {} };
  const files = types.flatMap(({ id, name, framebufferMiB, maxInstances }) => {
    const directory = `mdev_supported_types/${id}`;
    const description = `num_heads=4, frl_config=60, framebuffer=${framebufferMiB}M, max_resolution=7680x4320`;
    return [
      [`${directory}/name`, `${name}\n`],
      [`${directory}/description`, `${description}, max_instance=${maxInstances}\n`],
      [`${directory}/available_instances`, `${maxInstances}\n`],
      [`${directory}/device_api`, 'vfio-pci\n'],
      [`${directory}/create`, ''],
    ];
  });
  return { files: Object.fromEntries(files), links: { [`/sys/class/mdev_bus/${address}`]: '' } };
}
