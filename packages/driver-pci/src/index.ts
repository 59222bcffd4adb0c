import { defineDriver, detachPci, installPci, statusPci, uninstallPci, watchPci } from '@cyborgjs/driver-sdk';
import { attachFunction } from './attach.ts';
import { PciConfig } from './config.ts';
import { discoverCards } from './discover.ts';

export { PciConfig, PciRule } from './config.ts';

/** Gives out whole PCI functions, and virtual functions, of an allow-list: network cards, NVMe, accelerators. */
export const pciDriver = defineDriver({
  config: PciConfig,
  discover: discoverCards,
  status: ({ sys }, request) => statusPci(sys, request),
  attach: attachFunction,
  detach: ({ sys }, request) => detachPci(sys, request),
  install: async (context, request) => installPci(context.sys, request, await discoverCards(context)),
  uninstall: async (context, request) => uninstallPci(context.sys, request, await discoverCards(context)),
  watch: (context) => watchPci(context),
});

export default pciDriver;
