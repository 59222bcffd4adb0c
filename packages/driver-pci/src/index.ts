import { defineDriver, detachPci, statusPci, watchPci } from '@cyborgjs/driver-sdk';
import { attachFunction } from './attach.ts';
import { matchOf } from './compile-rules.ts';
import { PciConfig } from './config.ts';
import { discoverCards } from './discover.ts';
import { installCard, uninstallCard } from './install.ts';

export { PciConfig, PciRule } from './config.ts';

/** Gives out whole PCI functions, and virtual functions, of an allow-list: network cards, NVMe, accelerators. */
export const pciDriver = defineDriver({
  config: PciConfig,
  discover: discoverCards,
  status: ({ sys }, request) => statusPci(sys, request),
  attach: attachFunction,
  detach: ({ sys }, request) => detachPci(sys, request),
  install: installCard,
  uninstall: uninstallCard,
  watch: (context) => watchPci(context, { match: context.config.devices.map(matchOf) }),
});

export default pciDriver;
