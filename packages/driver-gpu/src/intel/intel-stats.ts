import { type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuStats, knownStats } from '../gpu-stats.ts';
import { openHwmon } from '../hwmon.ts';
import { wholeNumber } from '../whole-number.ts';

/** Where the drivers xe and i915 show the clock that the GPU runs at now, in MHz. */
const clockFiles = ['tile0/gt0/freq0/act_freq', 'gt/gt0/rps_act_freq_mhz'] as const;

/**
 * Readings of one Intel GPU, of the kernel's sensors (Linux: Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon,
 * sysfs-driver-intel-xe-hwmon).
 */
export async function readIntelStats(sys: Machine, fn: PciFunction): Promise<GpuStats> {
  const directory = `/sys/bus/pci/devices/${fn.address}`;
  const sensor = openHwmon(sys, directory);
  return knownStats({
    power: await sensor('power'),
    energy: await sensor('energy'),
    temperature: (await sensor('temp', ['pkg'])) ?? (await sensor('temp')),
    memory_temperature: await sensor('temp', ['vram']),
    clock: await readClock(sys, directory),
  });
}

async function readClock(sys: Machine, directory: string): Promise<number | undefined> {
  for (const file of clockFiles) {
    const clock = wholeNumber(await readAttribute(sys, `${directory}/${file}`));
    if (clock !== undefined) return clock;
  }
  return undefined;
}
