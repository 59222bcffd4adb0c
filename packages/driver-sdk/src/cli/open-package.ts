import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Driver } from '../driver.ts';
import { DriverError, isDriverError } from '../driver-error.ts';
import { createHostedDriver, type HostedDriver } from '../host/hosted-driver.ts';
import { loadDriver } from '../host/load-driver.ts';
import { parseConfig } from '../host/parse-config.ts';
import { type DriverPackage, resolveDriverPackage } from '../host/resolve-driver-package.ts';

/** A driver package whose code was loaded. */
export interface OpenPackage extends DriverPackage {
  readonly packageJson: unknown;
  readonly driver: Driver;
  /** The process that it runs in, where it is not loaded into this one; to be closed. */
  readonly hosted?: HostedDriver;
  /** The settings as they are written, and as the driver's schema parsed them. */
  readonly config: { readonly written: unknown; readonly parsed: unknown };
}

/**
 * Finds the driver package in a directory and loads its driver; one with a runtime of its own into a process.
 *
 * @param configFile JSON file with the driver's settings; `{}` without one
 */
export async function openPackage(directory: string, configFile: string | undefined): Promise<OpenPackage> {
  const found = resolveDriverPackage({ directory });
  const written = configFile === undefined ? {} : readJsonFile(configFile);
  const packageJson = readJsonFile(join(found.directory, 'package.json'));
  if (found.manifest.runtime !== undefined) {
    const hosted = createHostedDriver(found);
    const parsed = await parseConfig(hosted.driver.config, written);
    return { ...found, packageJson, driver: hosted.driver, hosted, config: { written, parsed } };
  }
  const { driver, config: parsed } = await loadDriver(found.entryFile, written).catch((error: unknown) => {
    throw isDriverError(error) ? error : cannotLoad(found.entryFile, error);
  });
  return { ...found, packageJson, driver, config: { written, parsed } };
}

/** What a module threw while it loaded: mostly a dependency that is not installed, or a slip in its code. */
function cannotLoad(file: string, cause: unknown): DriverError {
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new DriverError('invalid', `${file} cannot be loaded: ${why}`, {
    hint: 'Are its dependencies installed? npm install',
    cause,
  });
}

/** A JSON file; `invalid` when it is not there or is none. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new DriverError('invalid', `${file} cannot be read as JSON`, { cause });
  }
}
