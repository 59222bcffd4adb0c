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
export async function openHwmon(sys: Machine, directory: string): Promise<SensorReader> {
  const [name] = (await listAttributes(sys, `${directory}/hwmon`)).filter((one) =>
    /^hwmon\d{1,4}$/.test(one),
  );
  const path = `${directory}/hwmon/${name}`;
  const files = name === undefined ? [] : await listAttributes(sys, path);
  return async (kind, labels) => {
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
