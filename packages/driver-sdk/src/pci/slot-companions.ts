import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import { readPciIds } from './read-pci-function.ts';
import { functionPath } from './sysfs-paths.ts';

/** What comes with a GPU in its slot: sound, the USB of its USB-C port, and what that is controlled by. */
const companionClasses: readonly string[] = ['0403', '0c03', '0c80'];

/**
 * The functions that belong to another one and can only go where it goes: sound, USB and USB-C control of the same
 * card, in the same IOMMU group. A group goes to one user as a whole, so they are bound and given back with it.
 * None for a function that is such a companion itself.
 */
export async function slotCompanions(sys: Machine, address: string): Promise<PciAddress[]> {
  const own = parsePciAddress(address);
  const ids = own === undefined ? undefined : await readPciIds(sys, own);
  if (ids === undefined || isCompanion(ids.class)) return [];
  const slot = address.slice(0, -1);
  const companions: PciAddress[] = [];
  for (const name of (await sys.list(`${functionPath(address)}/iommu_group/devices`)) ?? []) {
    const member = parsePciAddress(name);
    if (member === undefined || member === address || !member.startsWith(slot)) continue;
    const found = await readPciIds(sys, member);
    if (found !== undefined && isCompanion(found.class)) companions.push(member);
  }
  return companions;
}

const isCompanion = (code: string): boolean => companionClasses.some((prefix) => code.startsWith(prefix));
