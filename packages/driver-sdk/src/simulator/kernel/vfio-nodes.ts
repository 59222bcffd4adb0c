import { posix } from 'node:path';
import { driverOf, findFunction, type PresentFunction } from './find-function.ts';
import type { Kernel } from './kernel.ts';

const devices = '/sys/class/vfio-dev';

/** Whether a driver hands functions to user space by VFIO: `vfio-pci` and its variants. */
export const isVfioDriver = (driver: string | undefined): boolean =>
  driver !== undefined && /vfio[-_]pci$/.test(driver);

/**
 * Makes the nodes of a function that a VFIO driver has just taken. Its group's node comes with the first function
 * of the group; whether the group is viable shows only when it is opened.
 */
export function openVfio({ tree }: Kernel, { directory }: PresentFunction): void {
  const taken = new Set(tree.list(devices));
  let number = 0;
  while (taken.has(`vfio${number}`)) number += 1;
  const device = `${directory}/vfio-dev/vfio${number}`;
  tree.write(`${device}/dev`, `511:${number}\n`);
  tree.link(`${devices}/vfio${number}`, device);
  const group = tree.target(`${directory}/iommu_group`);
  if (group !== undefined) tree.write(`/dev/vfio/${posix.basename(group)}`, '');
}

/** Removes the nodes of a function that a VFIO driver has just left; the group's with its last function. */
export function closeVfio(kernel: Kernel, { directory }: PresentFunction): void {
  const { tree } = kernel;
  for (const name of tree.list(`${directory}/vfio-dev`)) tree.remove(`${devices}/${name}`);
  tree.remove(`${directory}/vfio-dev`);
  const group = tree.target(`${directory}/iommu_group`);
  if (group === undefined) return;
  const stillOpen = tree.list(`${group}/devices`).some((address) => {
    const other = findFunction(kernel, address);
    return other !== undefined && isVfioDriver(driverOf(kernel, other));
  });
  if (!stillOpen) tree.remove(`/dev/vfio/${posix.basename(group)}`);
}
