import { type DeviceReference, type DriverContext, isVfioDriver, orAbsent } from '@cyborgjs/driver-sdk';
import { readAmdStats } from './amd/amd-stats.ts';
import type { GpuConfig } from './config.ts';
import type { GpuFunction } from './gpu-function.ts';
import type { GpuStats } from './gpu-stats.ts';
import { readIntelStats } from './intel/intel-stats.ts';
import { readNvidiaSmi, type SmiReading } from './nvidia/nvidia-smi.ts';
import { nvidiaStats } from './nvidia/nvidia-stats.ts';
import { findGpu } from './present-gpu.ts';

/** Current readings of GPUs, by identity; none of a GPU that a guest has, or that is gone. */
export async function readStats(
  context: DriverContext<GpuConfig>,
  devices: readonly DeviceReference[],
): Promise<Record<string, GpuStats>> {
  const stats: Record<string, GpuStats> = {};
  const smi = askOnce(context);
  for (const { identity, address } of devices) {
    const gpu = await orAbsent(() => findGpu(context, address));
    stats[identity] = gpu === undefined ? {} : await readGpuStats(context, gpu, smi);
  }
  return stats;
}

async function readGpuStats(
  { sys }: DriverContext<GpuConfig>,
  { fn, vendor }: GpuFunction,
  smi: () => Promise<SmiReading>,
): Promise<GpuStats> {
  // What a guest has is not looked at; a driver that cannot be told is asked.
  if (isVfioDriver(fn.driver)) return {};
  if (vendor === 'amd') return readAmdStats(sys, fn);
  if (vendor === 'intel') return readIntelStats(sys, fn);
  return nvidiaStats(await smi(), fn.address);
}

/** One run of nvidia-smi for all GPUs, and none without one. */
function askOnce(context: DriverContext<GpuConfig>): () => Promise<SmiReading> {
  const { use, timeoutMs } = context.config.nvidiaSmi;
  let asked: Promise<SmiReading> | undefined;
  return () => {
    asked ??= use ? readNvidiaSmi(context, { timeoutMs }) : Promise.resolve({ kind: 'absent' });
    return asked;
  };
}
