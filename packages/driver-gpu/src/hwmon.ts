import { listAttributes, type Machine, readAttribute } from '@cyborgjs/driver-sdk';
import { wholeNumber } from './whole-number.ts';

/** Reads one sensor of a device by kind and label; undefined when it has none such, or it does not answer. */
export type SensorReader = (
  kind: 'temp' | 'power' | 'energy',
  labels?: readonly string[],
) => Promise<number | undefined>;

/** What the kernel's numbers are divided by: millidegrees, microwatts, microjoules (Documentation/hwmon/sysfs-interface.rst). */
const divisors = { temp: 1_000, power: 1_000_000, energy: 1_000_000 } as const;

/**
 * The sensors that a device's driver shows under `hwmon/`. Readings are in degrees Celsius, watts and joules.
 *
 * @param directory of the device
 */
export function openHwmon(sys: Machine, directory: string): SensorReader {
  let listed: HwmonFiles = { path: directory, files: [] };
  return async (kind, labels) => {
    // One listing that fails costs one sensor, not all of them.
    if (listed.files.length === 0) listed = await listHwmon(sys, directory);
    const { path, files } = listed;
    const pattern = new RegExp(`^${kind}(\\d{1,2})_(input|average)$`);
    for (const file of files) {
      const [, number] = pattern.exec(file) ?? [];
      if (number === undefined) continue;
      const label =
        labels === undefined ? undefined : await readAttribute(sys, `${path}/${kind}${number}_label`);
      if (labels !== undefined && !labels.includes(label ?? '')) continue;
      const value = wholeNumber(await readAttribute(sys, `${path}/${file}`));
      return value === undefined ? undefined : value / divisors[kind];
    }
    return undefined;
  };
}

interface HwmonFiles {
  readonly path: string;
  readonly files: readonly string[];
}

async function listHwmon(sys: Machine, directory: string): Promise<HwmonFiles> {
  const names = await listAttributes(sys, `${directory}/hwmon`);
  const name = names.find((one) => /^hwmon\d{1,4}$/.test(one));
  const path = `${directory}/hwmon/${name}`;
  return { path, files: name === undefined ? [] : await listAttributes(sys, path) };
}
