import { pathToFileURL } from 'node:url';
import type { Driver } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { isKeptOut } from '../machine/driver-error-from-errno.ts';
import { parseConfig } from './parse-config.ts';

/** A driver's module, run; with the operator's settings as its schema has parsed them. */
export interface LoadedDriver {
  readonly driver: Driver;
  readonly config: unknown;
}

/**
 * Runs a driver's entry module and parses its settings. What the module throws while it loads is thrown on;
 * `invalid` when its default export is no driver or the settings do not fit.
 */
export async function loadDriver(entry: string, config: unknown): Promise<LoadedDriver> {
  const module = await importModule(entry);
  const driver = module.default;
  if (!isDriver(driver)) {
    throw new DriverError('invalid', `${entry}: the default export is no driver`, {
      hint: 'export default defineDriver({ config, discover, status, attach, detach })',
    });
  }
  return { driver, config: await parseConfig(driver.config, config) };
}

/** Node's permissions let a process read its package and what that depends on, by its package.json. */
async function importModule(entry: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(entry).href);
  } catch (cause) {
    if (!isKeptOut(cause)) throw cause;
    const { resource } = cause as { readonly resource?: unknown };
    throw new DriverError('invalid', `${entry} cannot be loaded: it may not read ${String(resource)}`, {
      hint: 'Name the package that this is a part of in the dependencies of the driver.',
      cause,
    });
  }
}

function isDriver(value: unknown): value is Driver {
  if (typeof value !== 'object' || value === null || !('config' in value)) return false;
  const { config } = value;
  return typeof config === 'object' && config !== null && 'safeParseAsync' in config;
}
