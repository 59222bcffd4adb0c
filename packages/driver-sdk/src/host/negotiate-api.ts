import { maxSatisfying } from 'semver';
import { driverApiVersion } from '../driver-manifest.ts';

/** The versions of the driver contract that this host serves: of its own major and, once there is one, the one before. */
export const servedApiVersions: readonly string[] = [driverApiVersion];

/** The highest version of the contract that a driver's range holds and a host offers; undefined when there is none. */
export function negotiateApi(
  range: string,
  offered: readonly string[] = servedApiVersions,
): string | undefined {
  return maxSatisfying([...offered], range) ?? undefined;
}
