import { defineDriver, detachPci, installPci, statusPci, uninstallPci, watchPci } from '@cyborgjs/driver-sdk';
import { attachFunction } from './attach.ts';
import { FpgaConfig } from './config.ts';
import { discoverCards } from './discover.ts';
import { fpgaMatches } from './models.ts';
import { programCard } from './program.ts';

export { FpgaConfig } from './config.ts';

/** Gives out Intel FPGAs, whole or as their virtual functions, and the user function of AMD Alveo cards. */
export const fpgaDriver = defineDriver({
  config: FpgaConfig,
  discover: discoverCards,
  status: ({ sys }, request) => statusPci(sys, request),
  attach: attachFunction,
  detach: ({ sys }, request) => detachPci(sys, request),
  install: async (context, request) => installPci(context.sys, request, await discoverCards(context)),
  uninstall: async (context, request) => uninstallPci(context.sys, request, await discoverCards(context)),
  program: programCard,
  watch: (context) => watchPci(context, { match: fpgaMatches(context.config.families) }),
});

export default fpgaDriver;
