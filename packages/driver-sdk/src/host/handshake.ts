import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { DriverError, isDriverError } from '../driver-error.ts';
import type { Peer } from './peer.ts';
import {
  type HostMessage,
  InitializeAnswer,
  type InitializeProtocol1,
  type MachineChoice,
  oldestProtocolVersion,
  protocolVersion,
  type SeamPlace,
} from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';

interface HandshakeOptions {
  readonly package: DriverPackage;
  readonly config: unknown;
  readonly seam: SeamPlace;
  /** The machine where it was named; null when it was passed in. */
  readonly machine: MachineChoice | null;
  readonly startMs: number;
}

/**
 * Has a process load its driver. Fails with what the driver's module or its settings failed with; `timeout` when it
 * takes too long; `unsupported` when its verbs are not those of its manifest. A process that does not know the
 * current protocol is offered the one before.
 */
export async function handshake(peer: Peer, options: HandshakeOptions): Promise<void> {
  const { package: driver, startMs } = options;
  const late = new DriverError('timeout', `it was not ready within ${startMs} ms`);
  try {
    const answer = await Promise.race([agree(peer, options), delay(startMs, late, { ref: false })]);
    if (answer instanceof DriverError) throw answer;
    requireSameVerbs(driver, answer);
    requireSamePorts(driver, answer);
  } catch (error) {
    throw startFailure(driver.manifest.id, error);
  }
}

async function agree(peer: Peer, options: HandshakeOptions): Promise<InitializeAnswer> {
  try {
    const answer = await initialize(peer, offer(options));
    if (answer.protocol === protocolVersion) return answer;
  } catch (error) {
    if (!isDriverError(error) || !refusesProtocol(error)) throw error;
  }
  return initialize(peer, offerBefore(options));
}

async function initialize(peer: Peer, params: object): Promise<InitializeAnswer> {
  const parsed = InitializeAnswer.safeParse(await peer.request('initialize', params).answer);
  if (parsed.success) return parsed.data;
  throw new DriverError('internal', 'it answered garbage to initialize');
}

/** A process that does not speak the protocol offered says so in an error that names it. */
const refusesProtocol = ({ code, message }: DriverError): boolean =>
  (code === 'unsupported' || code === 'internal') && /\bprotocol\b/.test(message);

function offer({ package: driver, config, seam, machine }: HandshakeOptions): HostMessage<'initialize'> {
  const { id, permissions, runtime } = driver.manifest;
  const { read, write, tools, ports } = permissions;
  return {
    protocol: protocolVersion,
    api: driver.api,
    driver: id,
    entry: runtime === undefined ? driver.entryFile : null,
    config: config ?? {},
    seam,
    machine: seam === 'local' ? machine : null,
    permissions: { read, write, tools, ...(ports === undefined ? {} : { ports }) },
  };
}

function offerBefore(options: HandshakeOptions): z.input<typeof InitializeProtocol1> {
  const { seam: _seam, machine, ...now } = { ...offer(options), machine: options.machine };
  if (machine === null) {
    throw new DriverError(
      'unsupported',
      'it speaks protocol 1 only, which cannot ask the host for anything',
      {
        hint: 'Test a version of the driver that speaks the current protocol.',
      },
    );
  }
  return { ...now, protocol: oldestProtocolVersion, machine, entry: options.package.entryFile };
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

function requireSamePorts({ directory, manifest }: DriverPackage, { ports = {} }: InitializeAnswer): void {
  const { ports: declared = {} } = manifest.permissions;
  if (isDeepStrictEqual(declared, ports)) return;
  throw new DriverError(
    'unsupported',
    `${directory}/package.json: cyborgDriver.permissions.ports is ${JSON.stringify(declared)}, and the driver's ports are ${JSON.stringify(ports)}`,
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
