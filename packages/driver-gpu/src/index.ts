import { defineDriver, watchPci } from '@cyborgjs/driver-sdk';
import { GpuConfig } from './config.ts';
import { discoverGpus } from './discover.ts';
import { gpuMatches } from './gpu-function.ts';
import { roadOf } from './handle-road.ts';
import { installGpu, uninstallGpu } from './install.ts';
import { readStats } from './stats.ts';

export { GpuConfig } from './config.ts';

/**
 * Gives out GPUs of NVIDIA, AMD and Intel: whole, as their virtual functions, as GPU instances of NVIDIA's MIG, or as
 * NVIDIA's vGPUs.
 */
export const gpuDriver = defineDriver({
  config: GpuConfig,
  discover: discoverGpus,
  status: (context, request) => roadOf(request).status(context, request),
  attach: (context, request) => roadOf(request).attach(context, request),
  detach: (context, request) => roadOf(request).detach(context, request),
  install: installGpu,
  uninstall: uninstallGpu,
  stats: readStats,
  watch: (context) => watchPci(context, { match: gpuMatches(context.config) }),
});

export default gpuDriver;
