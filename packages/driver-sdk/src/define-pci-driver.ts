import {
  type DeviceKind,
  type DiscoveredDevice,
  type DiscoveredHandle,
  pciAddressParts,
  ResourceClass,
  Trait,
} from '@cyborgjs/core';
import { z } from 'zod';
import { type Driver, defineDriver } from './driver.ts';
import type { DriverContext } from './driver-context.ts';
import { answers, readCardIdentity } from './pci/card-identity.ts';
import { attachPci, detachPci, statusPci } from './pci/pci-attachment.ts';
import type { PciFunction } from './pci/pci-function.ts';
import type { PciMatch } from './pci/pci-match.ts';
import { orAbsent } from './pci/read-attribute.ts';
import { scanPci } from './pci/scan-pci.ts';
import { functionPath } from './pci/sysfs-paths.ts';

export interface PciDriverTable {
  /** Which functions are its cards; virtual ones come with theirs and need no entry. */
  readonly match: PciMatch | readonly PciMatch[];
  readonly kind: DeviceKind;
  /** Placement resource class of what is given out: `CUSTOM_ACME_A10`. */
  readonly resourceClass: string;
  readonly traits?: readonly string[];
  /** Model for people; vendor and device id when it is left out. */
  readonly model?: string | ((fn: PciFunction) => string);
  /** VFIO driver for direct consumers, default `vfio-pci`. */
  readonly vfioDriver?: string;
}

/**
 * A whole driver from a table: cards are found by PCI ids and given out by VFIO, each as its virtual functions
 * where it has some, else as itself.
 *
 * @example
 * export default definePciDriver({
 *   match: { vendor: '1d55', device: ['a010', 'a020'] },
 *   kind: 'AICHIP',
 *   resourceClass: 'CUSTOM_ACME_NPU',
 *   model: 'Acme A10',
 * });
 */
export function definePciDriver(table: PciDriverTable): Driver<Record<string, never>> {
  const options = table.vfioDriver === undefined ? {} : { driver: table.vfioDriver };
  const resourceClass = ResourceClass.parse(table.resourceClass);
  const traits = z.array(Trait).parse(table.traits ?? []);
  return defineDriver({
    config: z.strictObject({}),
    discover: async (context) => {
      const found = await scanPci(context.sys, { match: table.match });
      const cards = found.filter(({ physfn }) => physfn === undefined);
      const devices: DiscoveredDevice[] = [];
      for (const fn of cards) {
        const deployable = { name: fn.address, resourceClass, traits, handles: handlesOf(fn) };
        devices.push({
          ...(await describeCard(context, fn)),
          ...describeKind(table, fn),
          deployables: [deployable],
        });
      }
      return devices;
    },
    status: ({ sys }, request) => statusPci(sys, request),
    attach: ({ sys }, request) => attachPci(sys, request, options),
    detach: ({ sys }, request) => detachPci(sys, request),
  });
}

function handlesOf(fn: PciFunction): DiscoveredHandle[] {
  const given = fn.virtfns.length > 0 ? fn.virtfns : [fn.address];
  return given.map((address) => ({ id: address, type: 'PCI', info: { ...pciAddressParts(address) } }));
}

function describeKind(
  { kind, model }: PciDriverTable,
  fn: PciFunction,
): Pick<DiscoveredDevice, 'kind' | 'model'> {
  if (model === undefined) return { kind, model: `${fn.vendor}:${fn.device}` };
  return { kind, model: typeof model === 'string' ? model : model(fn) };
}

type CardFacts = Omit<DiscoveredDevice, 'kind' | 'model' | 'deployables'>;

async function describeCard(context: DriverContext<unknown>, fn: PciFunction): Promise<CardFacts> {
  const config = await orAbsent(() => context.sys.readBytes(`${functionPath(fn.address)}/config`));
  const responds = config !== undefined && answers(config);
  const { link } = fn;
  return {
    identity: responds ? ((await readCardIdentity(context, fn.address)) ?? placeIdentity(fn)) : null,
    vendor: fn.vendor,
    address: fn.address,
    numaNode: fn.numaNode,
    health: healthOf(config, responds),
    firmware: {},
    attributes: {
      product_id: fn.device,
      subsystem: `${fn.subsystemVendor}:${fn.subsystemDevice}`,
      ...(fn.driver === undefined ? {} : { driver: fn.driver }),
      ...(link?.maxSpeed === undefined ? {} : { link: `${link.maxSpeed} GT/s x${link.maxWidth ?? '?'}` }),
    },
  };
}

/** A card without any serial number can only be told by its kind and its slot. */
function placeIdentity({ vendor, device, address }: PciFunction): string {
  return `slot-${vendor}-${device}-${address}`;
}

function healthOf(config: Uint8Array | undefined, responds: boolean): DiscoveredDevice['health'] {
  if (config === undefined) return { state: 'unknown', reason: 'its configuration space cannot be read' };
  if (!responds) return { state: 'failed', reason: 'it no longer answers on the PCI bus' };
  return { state: 'ok' };
}
