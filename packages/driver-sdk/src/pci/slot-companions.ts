import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { readPciIds } from './read-pci-function.ts';
import { functionPath } from './sysfs-paths.ts';

/** What comes with a GPU in its slot: sound, the USB of its USB-C port, and what that is controlled by. */
const companionClasses: readonly string[] = ['0403', '0c03', '0c80'];

/**
 * The functions that belong to another one and can only go where it goes: sound, USB and USB-C control of the same
 * card, in the same IOMMU group. A group goes to one user as a whole, so they are bound and given back with it.
 * None for a function that is such a companion itself.
 *
 * @throws `hardware` when it has a group whose members cannot be read: none of them must be forgotten
 */
export async function slotCompanions(sys: Machine, address: string): Promise<PciAddress[]> {
  const slot = address.slice(0, -1);
  const members = await listGroup(sys, address);
  const neighbours = members.filter((name) => name !== address && name.startsWith(slot));
  if (neighbours.length === 0 || (await isCompanion(sys, address))) return [];
  const companions: PciAddress[] = [];
  for (const name of neighbours) {
    const member = parsePciAddress(name);
    if (member !== undefined && (await isCompanion(sys, member))) companions.push(member);
  }
  return companions;
}

async function listGroup(sys: Machine, address: string): Promise<readonly string[]> {
  const path = `${functionPath(address)}/iommu_group`;
  const members = await sys.list(`${path}/devices`);
  if (members !== undefined) return members;
  if ((await sys.link(path)) === undefined) return [];
  throw new DriverError('hardware', `${path}/devices cannot be read`, { device: address });
}

async function isCompanion(sys: Machine, name: string): Promise<boolean> {
  const address = parsePciAddress(name);
  const ids = address === undefined ? undefined : await readPciIds(sys, address);
  return companionClasses.some((prefix) => ids?.class.startsWith(prefix));
}
