import { parsePciAddress } from '@cyborgjs/core';
import type { AttachStatus } from '../driver.ts';
import type { Machine } from '../machine.ts';
import { slotCompanions } from './slot-companions.ts';
import { functionPath, isVfioDriver } from './sysfs-paths.ts';

/** All that the machine says of whether a function is with VFIO; no fact is inferred from another. */
export interface VfioBinding {
  /** The driver that it is bound to. */
  readonly driver: string | undefined;
  /** The only driver that may take it; undefined when any may. */
  readonly override: string | undefined;
  /** Its IOMMU group; undefined when it has none. */
  readonly group: string | undefined;
  /** Whether `/dev/vfio` has the node of its group. */
  readonly hasNode: boolean;
}

/** Reads how a function is bound; undefined when there is no such function. */
export async function readVfioBinding(sys: Machine, address: string): Promise<VfioBinding | undefined> {
  if (parsePciAddress(address) !== address) return undefined;
  const directory = functionPath(address);
  const override = await sys.read(`${directory}/driver_override`);
  if (override === undefined) return undefined;
  const group = await sys.link(`${directory}/iommu_group`);
  return {
    driver: await sys.link(`${directory}/driver`),
    override: /^(\(null\))?\s*$/.test(override) ? undefined : override.trim(),
    group,
    hasNode: group !== undefined && ((await sys.list('/dev/vfio')) ?? []).includes(group),
  };
}

/**
 * Whether a function is handed to user space, and what belongs to it with it. Half a binding is `partial`: bound
 * without the override that keeps it so, or the override without the binding, or without a node to open, or one
 * without the other of the slot. A function that is gone is `detached`.
 */
export async function statusVfio(sys: Machine, address: string): Promise<AttachStatus> {
  const own = bindingStatus(await readVfioBinding(sys, address));
  for (const companion of await slotCompanions(sys, address))
    if (bindingStatus(await readVfioBinding(sys, companion)) !== own) return 'partial';
  return own;
}

/** How one function is bound by itself, whatever belongs to it. */
export function bindingStatus(binding: VfioBinding | undefined): AttachStatus {
  if (binding === undefined) return 'detached';
  const { driver, override, hasNode } = binding;
  if (!isVfioDriver(driver) && !isVfioDriver(override)) return 'detached';
  return driver === override && hasNode ? 'attached' : 'partial';
}
