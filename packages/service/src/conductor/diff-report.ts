import { isDeepStrictEqual } from 'node:util';
import type { Uuid } from '@cyborgjs/core';
import type { StoredDeployable } from '../store/deployable.ts';
import type { DeviceFacts, StoredDevice } from '../store/device.ts';
import { type DeployablesDiff, diffDeployables, isEmptyDiff } from './diff-deployables.ts';
import type { IdentifiedDevice } from './normalise-report.ts';

/** What must change so that the stored devices of one driver on one host are the reported ones. */
export interface ReportDiff {
  readonly created: readonly IdentifiedDevice[];
  readonly updated: readonly DeviceDiff[];
  /** Back with the identity they had. */
  readonly returned: readonly DeviceDiff[];
  /** No longer reported, and were there until now. */
  readonly vanished: readonly StoredDevice[];
}

/** What must change of one device. */
export interface DeviceDiff {
  readonly device: StoredDevice;
  readonly facts: Partial<DeviceFacts>;
  readonly deployables: DeployablesDiff;
}

interface ReportComparison {
  /** All of one driver on one host, those that are gone included. */
  readonly stored: readonly StoredDevice[];
  readonly reported: readonly IdentifiedDevice[];
  /**
   * Devices that an operation works on: a card that is being changed may leave the bus for a while, so its absence
   * says nothing until the operation has ended.
   */
  readonly busy: ReadonlySet<Uuid>;
  /** Whether Placement keeps the provider of a deployable because it is in use. */
  readonly isRetained: (deployable: StoredDeployable) => boolean;
}

/**
 * Compares a full snapshot with what is stored. Devices are the same when their identities are: a card that was
 * replaced by another at the same address is one gone and one new device.
 */
export function diffReport({ stored, reported, busy, isRetained }: ReportComparison): ReportDiff {
  const storedByIdentity = new Map(stored.map((device) => [device.identity, device]));
  const known = reported.flatMap((now) => {
    const device = storedByIdentity.get(now.identity);
    return device === undefined ? [] : [diffDevice(device, now, isRetained)];
  });
  const identities = new Set(reported.map((device) => device.identity));
  return {
    created: reported.filter(({ identity }) => !storedByIdentity.has(identity)),
    updated: known.filter((diff) => diff.device.state !== 'gone' && !isUnchanged(diff)),
    returned: known.filter((diff) => diff.device.state === 'gone'),
    vanished: stored.filter(
      ({ identity, state, id }) => !identities.has(identity) && state !== 'gone' && !busy.has(id),
    ),
  };
}

/** Compares one device with what was reported of it. */
export function diffDevice(
  device: StoredDevice,
  reported: IdentifiedDevice,
  isRetained: (deployable: StoredDeployable) => boolean,
): DeviceDiff {
  return {
    device,
    facts: diffFacts(device, factsOf(reported)),
    deployables: diffDeployables(device.deployables, reported.deployables, isRetained),
  };
}

/** Whether nothing has to be done. */
export function isUnchanged({ facts, deployables }: DeviceDiff): boolean {
  return Object.keys(facts).length === 0 && isEmptyDiff(deployables);
}

/** The facts of a device without its identity and deployables. */
export function factsOf(device: DeviceFacts): DeviceFacts {
  const { kind, vendor, model, address, numaNode, health, firmware, attributes } = device;
  return { kind, vendor, model, address, numaNode, health, firmware, attributes };
}

function diffFacts(stored: DeviceFacts, reported: DeviceFacts): Partial<DeviceFacts> {
  const changed = Object.entries(reported).filter(
    ([name, value]) => !isDeepStrictEqual(stored[name as keyof DeviceFacts], value),
  );
  return Object.fromEntries(changed);
}
