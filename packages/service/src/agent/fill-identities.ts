import type { DiscoveredDevice } from '@cyborgjs/core';

/** A device whose identity is known. */
export type IdentifiedDevice = DiscoveredDevice & { readonly identity: string };

interface FilledIdentities {
  readonly devices: readonly IdentifiedDevice[];
  /** Identities by address, as now known. */
  readonly byAddress: ReadonlyMap<string, string>;
}

/**
 * Gives every device an identity: its own; else the one last read at its address in this boot, for a card that
 * cannot be read at the moment; else a provisional one from its address, marked `at:`, for hardware that has
 * neither serial number nor UUID.
 */
export function fillIdentities(
  devices: readonly DiscoveredDevice[],
  known: ReadonlyMap<string, string>,
): FilledIdentities {
  const byAddress = new Map(known);
  const filled = devices.map((device) => {
    const identity = device.identity ?? known.get(device.address) ?? `at:${device.address}`;
    byAddress.set(device.address, identity);
    return { ...device, identity };
  });
  return { devices: filled, byAddress };
}
