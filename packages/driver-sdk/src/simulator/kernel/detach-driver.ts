import { hideDriverFiles } from './driver-files.ts';
import {
  driverOf,
  findFunction,
  type PresentFunction,
  pciDevices,
  pciDrivers,
  virtualFunctions,
} from './find-function.ts';
import { ueventOf } from './function-attributes.ts';
import { leaveGroup } from './iommu-groups.ts';
import { isHeld } from './is-held.ts';
import { type Kernel, KernelBlocked } from './kernel.ts';
import { removeMdevsOf } from './mediated-devices.ts';
import { dropSlices } from './nvidia-instances.ts';
import { closeVfio, isVfioDriver } from './vfio-nodes.ts';

/**
 * Unbinds a function from its driver; nothing happens to an unbound one. Blocks while somebody holds it. Drivers
 * of physical functions take their virtual ones along, but for `pci-pf-stub`, which only keeps the place.
 */
export function detachDriver(kernel: Kernel, present: PresentFunction): void {
  const { tree } = kernel;
  const { address, directory, spec } = present;
  const driver = driverOf(kernel, present);
  if (driver === undefined) return;
  if (isHeld(kernel.state, address)) throw new KernelBlocked(`user space holds ${address}`);
  if (driver !== 'pci-pf-stub') disableVirtualFunctions(kernel, present);
  tree.remove(`${pciDrivers}/${driver}/${address}`);
  removeMdevsOf(kernel, directory);
  if (driver === spec.driver) {
    dropSlices(kernel, address);
    hideDriverFiles(kernel, present);
  }
  tree.remove(`${directory}/driver`);
  if (isVfioDriver(driver)) closeVfio(kernel, present);
  tree.write(`${directory}/uevent`, ueventOf(spec, undefined));
}

/** Removes all virtual functions of a physical one. Blocks while somebody holds one of them. */
export function disableVirtualFunctions(kernel: Kernel, physical: PresentFunction): void {
  const { tree } = kernel;
  const { directory, spec } = physical;
  const count = Number(tree.read(`${directory}/sriov_numvfs`) ?? 0);
  virtualFunctions(spec, count).forEach((virtual, index) => {
    const present = findFunction(kernel, virtual.address);
    if (present !== undefined) removeFunction(kernel, present);
    tree.remove(`${directory}/virtfn${index}`);
  });
  if (count > 0) tree.write(`${directory}/sriov_numvfs`, '0\n');
}

/**
 * Takes a function out of the tree as the kernel does when it is removed: what sits behind it first, then its
 * virtual functions, its driver, its group and its directory. Blocks while somebody holds one of them.
 */
export function removeFunction(kernel: Kernel, present: PresentFunction): void {
  const { tree } = kernel;
  const { address, directory } = present;
  for (const name of tree.list(directory)) {
    const behind = findFunction(kernel, name);
    if (behind !== undefined) removeFunction(kernel, behind);
  }
  disableVirtualFunctions(kernel, present);
  detachDriver(kernel, present);
  tree.remove(`${pciDevices}/${address}`);
  leaveGroup(kernel, { name: address, directory });
  tree.remove(directory);
}
