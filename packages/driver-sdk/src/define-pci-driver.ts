import { type DeviceKind, type DiscoveredDevice, ResourceClass, Trait } from '@cyborgjs/core';
import { z } from 'zod';
import { type Driver, defineDriver } from './driver.ts';
import { describePciCard, pciHandle } from './pci/describe-pci-card.ts';
import { attachPci, detachPci, statusPci } from './pci/pci-attachment.ts';
import type { PciFunction } from './pci/pci-function.ts';
import type { PciMatch } from './pci/pci-match.ts';
import { scanPci } from './pci/scan-pci.ts';
import { watchPci } from './pci/watch-pci.ts';

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
 * where it has some, else as itself. Cards that come, go, or stop answering are noticed within seconds. The manifest of its package
 * declares `discover`, `status`, `attach`, `detach` and `watch`.
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
        const isSplit = fn.virtfns.length > 0 || (fn.sriov?.numVfs ?? 0) > 0;
        const given = isSplit ? fn.virtfns : [fn.address];
        const deployable = { name: fn.address, resourceClass, traits, handles: given.map(pciHandle) };
        devices.push({
          ...(await describePciCard(context.sys, fn)),
          ...describeKind(table, fn),
          deployables: [deployable],
        });
      }
      return devices;
    },
    status: ({ sys }, request) => statusPci(sys, request),
    attach: ({ sys }, request) => attachPci(sys, request, options),
    detach: ({ sys }, request) => detachPci(sys, request),
    watch: (context) => watchPci(context, { match: table.match }),
  });
}

function describeKind(
  { kind, model }: PciDriverTable,
  fn: PciFunction,
): Pick<DiscoveredDevice, 'kind' | 'model'> {
  if (model === undefined) return { kind, model: `${fn.vendor}:${fn.device}` };
  return { kind, model: typeof model === 'string' ? model : model(fn) };
}
