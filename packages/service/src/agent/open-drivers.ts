import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CyborgError, type DriverStatus } from '@cyborgjs/core';
import { isDriverError } from '@cyborgjs/driver-sdk';
import {
  createDriverHost,
  type DriverLogLine,
  type DriverPackage,
  patientLimits,
  type RecordStore,
  resolveDriverPackage,
} from '@cyborgjs/driver-sdk/host';
import type { Logger } from 'pino';
import type { AgentDriver } from './agent-driver.ts';

/** A driver package that has been found and checked, and the operator's settings for it. */
export interface RunnableDriver {
  readonly package: DriverPackage;
  readonly config: Readonly<Record<string, unknown>>;
}

interface DriverChoice {
  /** Name of an installed package, or absolute path of a directory that holds one. */
  readonly package: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface OpenDriversInit {
  readonly machine: { readonly kind: 'real' } | { readonly kind: 'simulated'; readonly root: string };
  readonly log: Logger;
  /** Where what they hold is kept. */
  readonly records: RecordStore;
  readonly bootId: string;
  /** How many times longer than usual their processes may take: see `patientLimits`. */
  readonly patience: number;
  readonly now: () => number;
  readonly onStatus: (status: DriverStatus) => void;
  /** Told each line of a driver's log, besides the log. */
  readonly onLine?: (line: DriverLogLine) => void;
  /** Told when who holds what has changed. */
  readonly onAttachments: () => void;
}

/**
 * Finds the packages and reads their manifests, without running any of them. Throws `driver.refused` that names
 * the file, the place in it and the mend.
 */
export function resolveDrivers(choices: readonly DriverChoice[]): RunnableDriver[] {
  const drivers = choices.map((choice) => ({
    package: resolvePackage(choice.package),
    config: choice.config,
  }));
  const ids = drivers.map((driver) => driver.package.manifest.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new CyborgError(
      'driver.refused',
      `agent.drivers: two packages are drivers "${twice}" (${namesOf(drivers, twice)}); a host runs one of each id`,
    );
  return drivers;
}

/** The hosts of these drivers on one machine, not started yet. */
export function openDrivers(drivers: readonly RunnableDriver[], init: OpenDriversInit): AgentDriver[] {
  const { records, bootId, patience, now, onStatus, onAttachments } = init;
  const limits = patientLimits(patience);
  const { kind } = init.machine;
  const root = init.machine.kind === 'real' ? '/' : init.machine.root;
  return drivers.map((driver) =>
    createDriverHost({
      ...driver,
      machine: { kind, root },
      records,
      bootId,
      limits,
      clock: now,
      onStatus,
      onAttachments,
      log: (line) => {
        logTo(init.log, line);
        init.onLine?.(line);
      },
    }),
  );
}

function resolvePackage(choice: string): DriverPackage {
  try {
    const here = fileURLToPath(new URL('.', import.meta.url));
    return resolveDriverPackage(isAbsolute(choice) ? { directory: choice } : { name: choice, from: here });
  } catch (cause) {
    if (!isDriverError(cause)) throw cause;
    const mend = cause.hint === undefined ? '' : ` ${cause.hint}`;
    throw new CyborgError('driver.refused', `agent.drivers: ${choice}: ${cause.message}.${mend}`, { cause });
  }
}

const namesOf = (drivers: readonly RunnableDriver[], id: string): string =>
  drivers.flatMap((driver) => (driver.package.manifest.id === id ? [driver.package.name] : [])).join(', ');

function logTo(log: Logger, { level, message, ...facts }: DriverLogLine): void {
  log[level](facts, message);
}
