import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CyborgError, type DriverStatus } from '@cyborgjs/core';
import { isDriverError, type WatchHint } from '@cyborgjs/driver-sdk';
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

export interface OpenDriverInit {
  readonly machine: { readonly kind: 'real' } | { readonly kind: 'simulated'; readonly root: string };
  /** User that the drivers' processes run as; null is the agent's own. */
  readonly driverUser: string | null;
  readonly log: Logger;
  /** Where what they hold is kept. */
  readonly records: RecordStore;
  readonly bootId: string;
  /** How many times longer than usual their processes may take: see `patientLimits`. */
  readonly patience: number;
  readonly now: () => number;
  readonly onStatus: (status: DriverStatus) => void;
  /** Called with the id of a driver whose hardware may have changed, and what it has seen. */
  readonly onHint: (driver: string, hint: WatchHint) => void;
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

/**
 * The host of a driver on one machine, not started yet.
 *
 * @param admit looks at the package before each start of its process; what it throws refuses the start
 */
export function openDriver(
  driver: RunnableDriver,
  init: OpenDriverInit,
  admit?: () => Promise<void>,
): AgentDriver {
  const { machine, driverUser, records, bootId, patience, now, onStatus, onAttachments, onHint } = init;
  const root = machine.kind === 'real' ? '/' : machine.root;
  return createDriverHost({
    ...driver,
    machine: { kind: machine.kind, root },
    sandbox: driverUser === null ? {} : { user: driverUser },
    records,
    bootId,
    limits: patientLimits(patience),
    clock: now,
    onStatus,
    onAttachments,
    onHint: (hint) => onHint(driver.package.manifest.id, hint),
    log: (line) => {
      logTo(init.log, line);
      init.onLine?.(line);
    },
    ...(admit === undefined ? {} : { admit }),
  });
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
