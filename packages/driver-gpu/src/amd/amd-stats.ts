import { isDriverError, type Machine, orAbsent, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuStats, knownStats } from '../gpu-stats.ts';
import { openHwmon } from '../hwmon.ts';
import { wholeNumber } from '../whole-number.ts';
import { type GpuMetrics, parseGpuMetrics } from './gpu-metrics.ts';
import { readMemoryErrors } from './memory-errors.ts';

/**
 * Readings of one AMD GPU: of the kernel's sensors where it has them, else of `gpu_metrics`.
 */
export async function readAmdStats(sys: Machine, fn: PciFunction): Promise<GpuStats> {
  const directory = `/sys/bus/pci/devices/${fn.address}`;
  const number = async (name: string): Promise<number | undefined> =>
    wholeNumber(await readAttribute(sys, `${directory}/${name}`));
  const share = async (name: string): Promise<number | undefined> => {
    const percent = await number(name);
    return percent === undefined || percent < 0 || percent > 100 ? undefined : percent / 100;
  };
  const sensor = openHwmon(sys, directory);
  const metrics = await readMetrics(sys, directory);
  const errors = await readMemoryErrors((name) => readAttribute(sys, `${directory}/${name}`));
  return knownStats({
    power: (await sensor('power')) ?? metrics?.power,
    temperature: (await sensor('temp', ['junction'])) ?? metrics?.temperature,
    memory_temperature: (await sensor('temp', ['mem'])) ?? metrics?.memoryTemperature,
    memory_total: await number('mem_info_vram_total'),
    memory_used: await number('mem_info_vram_used'),
    utilization: (await share('gpu_busy_percent')) ?? metrics?.activity,
    memory_utilization: (await share('mem_busy_percent')) ?? metrics?.memoryActivity,
    energy: metrics?.energy,
    memory_errors_corrected: errors.corrected,
    memory_errors_uncorrected: errors.uncorrected,
  });
}

async function readMetrics(sys: Machine, directory: string): Promise<GpuMetrics | undefined> {
  const bytes = await orAbsent(() => sys.readBytes(`${directory}/gpu_metrics`));
  if (bytes === undefined) return undefined;
  try {
    return parseGpuMetrics(bytes);
  } catch (error) {
    if (isDriverError(error)) return undefined;
    throw error;
  }
}
