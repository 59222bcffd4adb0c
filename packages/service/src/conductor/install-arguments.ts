import type { InstallDeviceRequest } from './conductor.ts';

/** The arguments of `install` and `uninstall`, as the driver contract names them. */
export function installArguments({
  profile,
  options,
  dryRun,
}: Pick<InstallDeviceRequest, 'profile' | 'options' | 'dryRun'>): Record<string, unknown> {
  return {
    ...(profile === undefined ? {} : { profile }),
    options: options ?? {},
    ...(dryRun ? { dryRun } : {}),
  };
}
