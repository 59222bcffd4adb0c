import {
  type DiscoveredDevice,
  type DiscoveredHandle,
  type PciAddress,
  pciAddressParts,
} from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import { answers, readCardIdentity, readConfigSpace } from './card-identity.ts';
import type { PciFunction } from './pci-function.ts';

/** What the bus alone says of a card; the driver adds what it is and what is given out of it. */
export type PciCardFacts = Omit<DiscoveredDevice, 'kind' | 'model' | 'deployables'>;

/**
 * The facts of a card by its physical function. Its identity is the serial number that it shows on the bus, null
 * without one: never its address. A driver that knows a better one, or more of its health, puts that in place.
 */
export async function describePciCard(sys: Machine, fn: PciFunction): Promise<PciCardFacts> {
  const config = await readConfigSpace(sys, fn.address);
  const { link } = fn;
  return {
    identity: await readCardIdentity(sys, fn.address, config),
    vendor: fn.vendor,
    address: fn.address,
    numaNode: fn.numaNode,
    health: cardHealth(config),
    firmware: {},
    attributes: {
      product_id: fn.device,
      subsystem: `${fn.subsystemVendor}:${fn.subsystemDevice}`,
      ...(fn.driver === undefined ? {} : { driver: fn.driver.slice(0, 64) }),
      ...(link?.maxSpeed === undefined ? {} : { link: `${link.maxSpeed} GT/s x${link.maxWidth ?? '?'}` }),
    },
  };
}

/** Health by a function's configuration space: one that fell off the bus reads all ones there. */
export function cardHealth(config: Uint8Array | undefined): DiscoveredDevice['health'] {
  if (config === undefined) return { state: 'unknown', reason: 'its configuration space cannot be read' };
  if (!answers(config)) return { state: 'failed', reason: 'it no longer answers on the PCI bus' };
  return { state: 'ok' };
}

/** A function as an attach handle, its parts as Nova reads them. */
export function pciHandle(address: PciAddress): DiscoveredHandle {
  return { id: address, type: 'PCI', info: { ...pciAddressParts(address) } };
}
