import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { groupProblem } from './group-problem.ts';
import { readPciFunction } from './read-pci-function.ts';
import { requireFunction } from './require-function.ts';
import { slotCompanions } from './slot-companions.ts';
import { functionPath, pciDrivers } from './sysfs-paths.ts';
import { readVfioBinding, type VfioBinding } from './vfio-binding.ts';

export interface BindOptions {
  /** `vfio-pci` by default; `chooseVfioDriver` finds a variant where one is made for the card. */
  readonly driver?: string;
}

/** What user space opens to get a function. */
export interface VfioNode {
  /** `/dev/vfio/14`. */
  readonly path: string;
  readonly group: number;
  /** Its own node in `/dev/vfio/devices`, `vfio0`, for iommufd; undefined with kernels that have none. */
  readonly device: string | undefined;
}

/**
 * Hands a function to user space by VFIO, from whatever state it is in, and what belongs to it in its slot (see
 * `slotCompanions`); what already is so is not touched. Needs a group without other users (see
 * `requireViableGroup`).
 *
 * A failure leaves what was reached: call again, or `releaseVfio`. The write to `unbind` does not return while
 * somebody holds the function.
 */
export async function bindVfio(sys: Machine, address: string, options: BindOptions = {}): Promise<VfioNode> {
  const group = await requireViableGroup(sys, address);
  await bindCompanions(sys, address);
  await bindFunction(sys, address, options.driver ?? 'vfio-pci');
  return { path: `/dev/vfio/${group}`, group, device: await readVfioDevice(sys, address) };
}

async function readVfioDevice(sys: Machine, address: string): Promise<string | undefined> {
  const nodes = (await sys.list('/dev/vfio')) ?? [];
  if (!nodes.includes('devices')) return undefined;
  return (await sys.list(`${functionPath(address)}/vfio-dev`))?.[0];
}

/** Hands what belongs to a function to user space, but not the function itself. */
export async function bindCompanions(sys: Machine, address: string): Promise<void> {
  for (const companion of await slotCompanions(sys, address)) await bindFunction(sys, companion, 'vfio-pci');
}

async function bindFunction(sys: Machine, address: string, driver: string): Promise<void> {
  if ((await sys.list(`${pciDrivers}/${driver}`)) === undefined) {
    throw new DriverError('unavailable', `the kernel has no driver ${driver} loaded`, {
      device: address,
      retry: 'later',
      hint: `Load it: modprobe ${driver}`,
    });
  }
  let binding = await requireBinding(sys, address);
  if (binding.override !== driver) {
    await sys.write(`${functionPath(address)}/driver_override`, driver);
    binding = await requireBinding(sys, address);
    if (binding.override !== driver) throw notBound(address, driver, binding);
  }
  if (binding.driver !== undefined && !(binding.driver === driver && binding.hasNode)) {
    await sys.write(`${pciDrivers}/${binding.driver}/unbind`, address);
    binding = await requireBinding(sys, address);
  }
  if (binding.driver === undefined) {
    await sys.write(`${pciDrivers}/${driver}/bind`, address);
    binding = await requireBinding(sys, address);
  }
  if (binding.driver !== driver || binding.override !== driver || !binding.hasNode) {
    throw notBound(address, driver, binding);
  }
}

/**
 * Checks that a function could go to user space, and returns its IOMMU group: `unsupported` without an IOMMU or
 * for a bridge, `busy` while it has virtual functions, `conflict` while host drivers use others of its group than its
 * companions. Writes nothing.
 */
export async function requireViableGroup(sys: Machine, address: string): Promise<number> {
  const fn = await readPciFunction(sys, requireFunction(address));
  if (fn === undefined)
    throw new DriverError('not_found', `there is no PCI function ${address}`, { device: address });
  if (fn.class.startsWith('0604')) {
    throw new DriverError('unsupported', `${address} is a bridge`, { device: address });
  }
  if (fn.virtfns.length > 0 || (fn.sriov?.numVfs ?? 0) > 0) {
    throw new DriverError('busy', `${address} has ${fn.virtfns.length} virtual functions`, {
      device: address,
      hint: 'Give out its virtual functions, or write 0 to its sriov_numvfs first.',
    });
  }
  const problem = await groupProblem(sys, address);
  if (problem !== undefined) throw problem;
  if (fn.iommuGroup !== undefined) return fn.iommuGroup;
  throw new DriverError('hardware', `the IOMMU group of ${address} was not there when it was looked for`, {
    device: address,
  });
}

async function requireBinding(sys: Machine, address: string): Promise<VfioBinding> {
  const binding = await readVfioBinding(sys, address);
  if (binding !== undefined) return binding;
  throw new DriverError('not_found', `the PCI function ${address} is gone`, { device: address });
}

function notBound(
  address: string,
  driver: string,
  { driver: bound, override, hasNode }: VfioBinding,
): DriverError {
  const seen = `driver ${bound ?? 'none'}, override ${override ?? 'none'}, ${hasNode ? 'a' : 'no'} group node`;
  return new DriverError('hardware', `${address} did not come to ${driver}: ${seen}`, { device: address });
}
