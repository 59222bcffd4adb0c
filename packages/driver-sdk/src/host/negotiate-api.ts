import type { DriverVerb } from '@cyborgjs/core';
import { major, maxSatisfying } from 'semver';
import { driverApiVersion } from '../driver-manifest.ts';

/**
 * The versions of the driver contract that this host serves: all of its own major and, once there is one, of the one
 * before. 1.1 brought hints of a device's health.
 */
export const servedApiVersions: readonly string[] = ['1.0.0', driverApiVersion];

/** The highest version of the contract that a driver's range holds and a host offers; undefined when there is none. */
export function negotiateApi(
  range: string,
  offered: readonly string[] = servedApiVersions,
): string | undefined {
  return maxSatisfying([...offered], range) ?? undefined;
}

/** The major of the contract in which each verb came; a driver of an older one is never asked for it. */
const verbSince: Readonly<Record<DriverVerb, number>> = {
  discover: 1,
  status: 1,
  attach: 1,
  detach: 1,
  install: 1,
  uninstall: 1,
  program: 1,
  stats: 1,
  watch: 1,
};

/** Whether a version of the contract has a verb. */
export const hasVerb = (api: string, verb: DriverVerb): boolean => verbSince[verb] <= major(api);
