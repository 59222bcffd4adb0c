import type { PciAddress } from '@cyborgjs/core';
import { type GpuStats, knownStats } from '../gpu-stats.ts';
import { smiGpuOf } from './nvidia-health.ts';
import type { SmiReading } from './nvidia-smi.ts';

/** Readings of one NVIDIA GPU, out of what nvidia-smi said of all. */
export function nvidiaStats(smi: SmiReading, address: PciAddress): GpuStats {
  const gpu = smiGpuOf(smi, address);
  if (gpu === undefined) return {};
  return knownStats({
    power: gpu.power.draw,
    power_limit: gpu.power.limit,
    temperature: gpu.temperature.gpu,
    memory_temperature: gpu.temperature.memory,
    memory_total: gpu.memory.total,
    memory_used: gpu.memory.used,
    utilization: gpu.utilization.gpu,
    memory_utilization: gpu.utilization.memory,
    clock: gpu.clock,
    memory_errors_corrected: gpu.ecc.corrected,
    memory_errors_uncorrected: gpu.ecc.uncorrected,
  });
}
