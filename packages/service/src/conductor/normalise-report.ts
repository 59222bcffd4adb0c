import type { DiscoveredDeployable, DiscoveredDevice, DiscoveredHandle, Trait } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';

/** A reported device that can be told from all others of its driver. */
export interface IdentifiedDevice extends DiscoveredDevice {
  readonly identity: string;
}

/** Marks an identity that was made up from the address. */
const provisionalMark = 'at:';

/** Whether another device at the same address would have this identity too. */
export const isProvisional = (identity: string): boolean => identity.startsWith(provisionalMark);

interface NormalReport {
  readonly devices: readonly IdentifiedDevice[];
  /** What was left out and why, for the log. */
  readonly faults: readonly string[];
}

/**
 * Makes a report fit to be compared and stored: every device has an identity, nothing occurs twice, traits are in
 * order. A device that cannot be identified now is the one stored at its address; when there is none it goes by
 * the address alone (`at:<address>`, as agents write it), so that the operator sees it.
 */
export function normaliseReport(
  reported: readonly DiscoveredDevice[],
  stored: readonly StoredDevice[],
): NormalReport {
  const faults: string[] = [];
  const claimed = new Set(reported.flatMap((device) => device.identity ?? []));
  const identified = reported.map((device) => ({ ...device, identity: identityOf(device, stored, claimed) }));
  const devices = unique(identified, (device) => device.identity, twice('identity', faults));
  return { devices: devices.map((device) => normaliseDevice(device, faults)), faults };
}

/** The same for one device whose identity is known. */
export function normaliseDevice(device: IdentifiedDevice, faults: string[] = []): IdentifiedDevice {
  const deployables = unique(
    device.deployables,
    (deployable) => deployable.name,
    twice('deployable', faults),
  );
  return { ...device, deployables: deployables.map((deployable) => normaliseDeployable(deployable, faults)) };
}

function normaliseDeployable(deployable: DiscoveredDeployable, faults: string[]): DiscoveredDeployable {
  const traits: Trait[] = [...new Set(deployable.traits)].sort();
  const handles: DiscoveredHandle[] = unique(
    deployable.handles,
    (handle) => handle.id,
    twice('handle', faults),
  );
  return { ...deployable, traits, handles };
}

function identityOf(
  device: DiscoveredDevice,
  stored: readonly StoredDevice[],
  claimed: ReadonlySet<string>,
): string {
  if (device.identity !== null) return device.identity;
  const there = stored.find(
    ({ address, state, identity }) =>
      address === device.address && state !== 'gone' && !claimed.has(identity),
  );
  return there?.identity ?? `${provisionalMark}${device.address}`;
}

/** The items without those whose key came before; says which. */
function unique<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  tell: (key: string) => void,
): Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    const first = !seen.has(key);
    if (!first) tell(key);
    seen.add(key);
    return first;
  });
}

/** Notes of each key that it came twice. */
const twice = (noun: string, faults: string[]) => (key: string) =>
  void faults.push(`${noun} ${key} is reported twice; the first one counts`);
