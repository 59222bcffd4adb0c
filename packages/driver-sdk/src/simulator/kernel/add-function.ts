import { posix } from 'node:path';
import type { SimulatedFunction } from '../card.ts';
import { probeDrivers } from './attach-driver.ts';
import { type PresentFunction, pciDevices } from './find-function.ts';
import { configSpace, functionAttributes, ueventOf } from './function-attributes.ts';
import { joinGroup } from './iommu-groups.ts';
import { type Kernel, KernelError } from './kernel.ts';

interface NewFunction {
  readonly spec: SimulatedFunction;
  /** The function that it is a virtual one of. */
  readonly physical?: PresentFunction;
  /** Whether drivers are tried on it by themselves. */
  readonly probe: boolean;
}

/** Puts a function into the tree, under its bridge and into an IOMMU group, and has drivers probe it. */
export function addFunction(kernel: Kernel, { spec, physical, probe }: NewFunction): PresentFunction {
  const { tree } = kernel;
  const directory = `${physical === undefined ? parentOf(kernel, spec) : posix.dirname(physical.directory)}/${spec.address}`;
  const virtual = physical !== undefined;
  for (const [name, text] of Object.entries(functionAttributes(spec, virtual))) {
    tree.write(`${directory}/${name}`, text);
  }
  tree.write(`${directory}/config`, configSpace(spec, virtual), { binary: true });
  tree.write(`${directory}/uevent`, ueventOf(spec, undefined));
  tree.link(`${directory}/subsystem`, '/sys/bus/pci');
  if (physical !== undefined) tree.link(`${directory}/physfn`, physical.directory);
  if (spec.iommuGroup !== null && kernel.state.iommu) {
    joinGroup(kernel, { name: spec.address, directory }, spec.iommuGroup);
  }
  tree.link(`${pciDevices}/${spec.address}`, directory);
  const present = { address: spec.address, directory, spec };
  if (probe) probeDrivers(kernel, present);
  return present;
}

function parentOf({ tree }: Kernel, { address, behind }: SimulatedFunction): string {
  if (behind === null) return `/sys/devices/pci${address.slice(0, address.lastIndexOf(':'))}`;
  const bridge = tree.target(`${pciDevices}/${behind}`);
  if (bridge === undefined)
    throw new KernelError('ENODEV', `${address} sits behind ${behind}, which is not there`);
  return bridge;
}
