import { defineDriver, installPci, statusPci, uninstallPci, watchPci } from '@cyborgjs/driver-sdk';
import { attachGpu, detachGpu } from './attach.ts';
import { GpuConfig } from './config.ts';
import { discoverGpus } from './discover.ts';

export { GpuConfig } from './config.ts';

/** Gives out GPUs of NVIDIA, AMD and Intel: whole, or as their virtual functions where PCI passthrough can. */
export const gpuDriver = defineDriver({
  config: GpuConfig,
  discover: discoverGpus,
  status: ({ sys }, request) => statusPci(sys, request),
  attach: attachGpu,
  detach: detachGpu,
  install: async (context, request) => installPci(context.sys, request, await discoverGpus(context)),
  uninstall: async (context, request) => uninstallPci(context.sys, request, await discoverGpus(context)),
  watch: (context) => watchPci(context),
});

export default gpuDriver;
