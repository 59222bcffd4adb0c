import { type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuStats, knownStats } from '../gpu-stats.ts';
import { openHwmon } from '../hwmon.ts';
import { wholeNumber } from '../whole-number.ts';

/** Where each driver shows the clock that the GPU runs at now, in MHz. */
const clockFiles: Readonly<Record<string, string>> = {
  i915: 'gt/gt0/rps_act_freq_mhz',
  xe: 'tile0/gt0/freq0/act_freq',
};

/**
 * Readings of one Intel GPU, of the kernel's sensors (Linux: Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon,
 * sysfs-driver-intel-xe-hwmon). None while neither driver has it.
 */
export async function readIntelStats(sys: Machine, fn: PciFunction): Promise<GpuStats> {
  const clock = fn.driver === undefined ? undefined : clockFiles[fn.driver];
  if (clock === undefined) return {};
  const directory = `/sys/bus/pci/devices/${fn.address}`;
  const sensor = await openHwmon(sys, directory);
  return knownStats({
    power: await sensor('power'),
    energy: await sensor('energy'),
    temperature: (await sensor('temp', ['pkg'])) ?? (await sensor('temp')),
    memory_temperature: await sensor('temp', ['vram']),
    clock: wholeNumber(await readAttribute(sys, `${directory}/${clock}`)),
  });
}
