import { type DiscoveredDeployable, isUsable, type Uuid } from '@cyborgjs/core';
import { v3 as uuidV3 } from 'uuid';
import type { IdentifiedDevice } from './fill-identities.ts';
import type { Admission } from './ledger.ts';

/** One deployable as Placement shall hold it: a child of the host's provider. */
export interface DesiredProvider {
  readonly uuid: Uuid;
  readonly name: string;
  readonly deployable: string;
  readonly resourceClass: string;
  readonly total: number;
  /** Equal to `total` while nobody may be given any of it. */
  readonly reserved: number;
  readonly traits: readonly string[];
}

/** Says who made a provider; written on every one of ours. */
const ownerTrait = 'OWNER_CYBORG';

/** Beginnings of traits that only accelerator services write: Cyborg's names and those of our drivers. */
const ownedPrefixes = [
  'CUSTOM_ACCEL_',
  'CUSTOM_FPGA_',
  'CUSTOM_GPU_',
  'CUSTOM_NVIDIA_',
  'CUSTOM_AMD_',
  'CUSTOM_INTEL_',
  'CUSTOM_PCI_',
  'HW_GPU_',
] as const;

/** The provider name of a deployable, as Cyborg makes it: `<host>_<address>`. */
export function providerName(host: string, deployable: string): string {
  return `${host}_${deployable}`;
}

/**
 * The provider UUID, as Cyborg makes it: version 3, DNS namespace, of the name; so a cloud that ran the original
 * finds its providers, and allocations stay where they are.
 */
export function providerUuid(name: string): Uuid {
  return uuidV3(name, uuidV3.DNS) as Uuid;
}

/** Whether a provider below the host's is one that an accelerator agent made. */
export function isOwnProvider(
  host: string,
  provider: { readonly uuid: string; readonly name: string },
): boolean {
  return provider.name.startsWith(`${host}_`) && provider.uuid === providerUuid(provider.name);
}

/** Whether a trait is ours to remove: by its name, or because a driver of this host reported it once. */
export function isOwnTrait(trait: string, claimed: ReadonlySet<string>): boolean {
  return (
    trait === ownerTrait || claimed.has(trait) || ownedPrefixes.some((prefix) => trait.startsWith(prefix))
  );
}

/** All providers that the host shall have, from what its drivers found and what the operator opened. */
export function desiredProviders(
  host: string,
  inventories: ReadonlyMap<string, readonly IdentifiedDevice[]>,
  admission: Admission,
): DesiredProvider[] {
  const open = new Set(admission.open.map(({ driver, identity }) => `${driver}/${identity}`));
  return [...inventories].flatMap(([driver, devices]) =>
    devices.flatMap((device) => {
      const isOpen = open.has(`${driver}/${device.identity}`) && isUsable(device.health);
      return device.deployables.map((deployable) => desiredProvider(host, deployable, isOpen));
    }),
  );
}

function desiredProvider(host: string, deployable: DiscoveredDeployable, isOpen: boolean): DesiredProvider {
  const name = providerName(host, deployable.name);
  const total = deployable.handles.length;
  return {
    uuid: providerUuid(name),
    name,
    deployable: deployable.name,
    resourceClass: deployable.resourceClass,
    total,
    reserved: isOpen ? 0 : total,
    traits: [...new Set([ownerTrait, ...deployable.traits])].sort(),
  };
}
