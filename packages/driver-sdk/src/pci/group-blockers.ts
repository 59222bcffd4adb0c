import { parsePciAddress } from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import { readPciIds } from './read-pci-function.ts';
import { functionPath, isVfioDriver } from './sysfs-paths.ts';

/** A function that keeps its whole IOMMU group from user space. */
export interface GroupBlocker {
  readonly address: string;
  readonly driver: string;
}

/** Drivers that do no DMA of their own, and so may stay in a group that user space has. */
const harmless: readonly string[] = ['pci-stub', 'pcieport'];

/**
 * The other functions in a function's IOMMU group that host drivers use: while there is one, QEMU says that the
 * group is not viable. None when the function has no group.
 */
export async function groupBlockers(sys: Machine, address: string): Promise<GroupBlocker[]> {
  const members = (await sys.list(`${functionPath(address)}/iommu_group/devices`)) ?? [];
  const blockers: GroupBlocker[] = [];
  for (const name of members) {
    const member = parsePciAddress(name);
    if (member === undefined || member === address) continue;
    const driver = await sys.link(`${functionPath(member)}/driver`);
    if (driver === undefined || isVfioDriver(driver) || harmless.includes(driver)) continue;
    if ((await readPciIds(sys, member))?.class.startsWith('0604') !== true)
      blockers.push({ address: member, driver });
  }
  return blockers;
}
