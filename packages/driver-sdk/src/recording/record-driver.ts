import { isDeepStrictEqual } from 'node:util';
import { DiscoveredDevice } from '@cyborgjs/core';
import { createContext } from '../conformance/create-context.ts';
import type { Driver } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { replayMachine } from '../machine/replay-machine.ts';
import type { Machine } from '../machine.ts';
import { recordMachine } from './record-machine.ts';
import type { Recording } from './recording.ts';
import { scrubRecording } from './scrub-recording.ts';
import { secretsOf } from './secrets-of.ts';
import { trimLogs } from './trim-logs.ts';

interface RecordOptions {
  readonly driver: Driver;
  readonly permissions: DriverManifest['permissions'];
  /** As the operator writes it, and as the driver's schema parsed it. */
  readonly config: { readonly written: unknown; readonly parsed: unknown };
  readonly machine: Machine;
  readonly provenance: Readonly<Record<string, string>>;
  /** Names of the machine, which must not stay. */
  readonly machineNames: readonly string[];
  /** Random; what replaces the identities follows from it. */
  readonly salt: string;
}

/**
 * Runs a driver's discovery and keeps what it read, scrubbed. Then runs it again on the recording: `internal` when
 * it does not find the same there, or when anything that should be gone is left.
 */
export async function recordDriver(options: RecordOptions): Promise<Recording> {
  const recorder = recordMachine(options.machine);
  const devices = await discover(options, recorder.machine);
  const addresses = devices.map(({ address }) => address);
  const { paths, runs, ...libraries } = recorder.taken();
  const raw: Recording = {
    format: 1,
    provenance: { ...options.provenance },
    config: options.config.written,
    devices: addresses,
    paths,
    runs: trimLogs(runs, addresses),
    ...libraries,
  };
  const identities = devices.flatMap(({ identity }) => identity ?? []);
  const secrets = secretsOf(raw, [...identities, ...options.machineNames]);
  const recording = scrubRecording(raw, { secrets, salt: options.salt });
  requireGone(recording, secrets);
  const again = await discover(options, replayMachine(recording));
  if (isDeepStrictEqual(again.map(factsOf), devices.map(factsOf))) return recording;
  throw new DriverError('internal', 'the driver finds other devices on the recording than on the machine', {
    hint: 'Is something plugged or bound at this moment? Record again.',
  });
}

async function discover(
  { driver, permissions, config }: RecordOptions,
  machine: Machine,
): Promise<DiscoveredDevice[]> {
  const sys = guardMachine(machine, permissions);
  const answer = await driver.discover(
    createContext({ config: config.parsed, sys, ports: driver.ports ?? {} }),
  );
  return DiscoveredDevice.array().parse(answer);
}

/** What scrubbing leaves as it was. */
const factsOf = ({ kind, vendor, model, numaNode, health, deployables }: DiscoveredDevice) => ({
  ...{ kind, vendor, model, numaNode, health: health.state },
  offers: deployables.map(({ resourceClass, traits, handles }) => ({
    ...{ resourceClass, traits, handles: handles.length },
  })),
});

/** The last look before anything is written: a recording is made to be published. */
function requireGone(recording: Recording, secrets: readonly string[]): void {
  const binary = Object.values(recording.paths).map(({ readBytes }) =>
    typeof readBytes === 'string' ? Buffer.from(readBytes, 'base64').toString('latin1') : '',
  );
  const everything = [JSON.stringify({ ...recording, provenance: {} }), ...binary].join('\n').toLowerCase();
  const left = secrets.filter((secret) => secret.length >= 6 && everything.includes(secret));
  if (left.length === 0) return;
  throw new DriverError('internal', `${left.length} identities of this machine could not be replaced`, {
    hint: 'The settings hold one? Write them without it and record again.',
  });
}
