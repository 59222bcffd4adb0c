import { setTimeout as delay } from 'node:timers/promises';
import { DriverError, isDriverError } from '../driver-error.ts';
import { driverApiVersion } from '../driver-manifest.ts';
import type { Peer } from './peer.ts';
import { InitializeAnswer, type MachineChoice, protocolVersion, type SeamPlace } from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';

interface HandshakeOptions {
  readonly package: DriverPackage;
  readonly config: unknown;
  readonly seam: SeamPlace;
  /** The machine that the driver may read by itself; null where it may read none. */
  readonly machine: MachineChoice | null;
  readonly startMs: number;
}

/**
 * Has a process load its driver. Fails with what the driver's module or its settings failed with; `timeout` when it
 * takes too long; `unsupported` when its verbs are not those of its manifest.
 */
export async function handshake(peer: Peer, options: HandshakeOptions): Promise<void> {
  const { package: driver, config, seam, machine, startMs } = options;
  const { id, permissions } = driver.manifest;
  const { answer } = peer.request('initialize', {
    protocol: protocolVersion,
    api: driverApiVersion,
    driver: id,
    entry: driver.entryFile,
    config: config ?? {},
    seam,
    machine,
    permissions,
  });
  const late = new DriverError('timeout', `it was not ready within ${startMs} ms`);
  try {
    const value = await Promise.race([answer, delay(startMs, late, { ref: false })]);
    if (value === late) throw late;
    const parsed = InitializeAnswer.safeParse(value);
    if (!parsed.success) throw new DriverError('internal', 'it answered garbage to initialize');
    requireSameVerbs(driver, parsed.data);
  } catch (error) {
    throw startFailure(id, error);
  }
}

function requireSameVerbs({ directory, manifest }: DriverPackage, { verbs }: InitializeAnswer): void {
  const missing = manifest.verbs.filter((verb) => !verbs.includes(verb));
  const undeclared = verbs.filter((verb) => !manifest.verbs.includes(verb));
  if (missing.length === 0 && undeclared.length === 0) return;
  const complaints = [
    ...(missing.length === 0 ? [] : [`declares ${missing.join(', ')}, which the driver does not define`]),
    ...(undeclared.length === 0
      ? []
      : [`does not declare ${undeclared.join(', ')}, which the driver defines`]),
  ];
  throw new DriverError(
    'unsupported',
    `${directory}/package.json: cyborgDriver.verbs ${complaints.join(' and ')}`,
    { hint: 'The manifest and the code must agree: install a version of the driver where they do.' },
  );
}

function startFailure(id: string, error: unknown): DriverError {
  const { code, message, retry, hint, cause } = isDriverError(error)
    ? error
    : new DriverError('internal', String(error));
  return new DriverError(code, `driver ${id} cannot start: ${message}`, {
    retry,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
