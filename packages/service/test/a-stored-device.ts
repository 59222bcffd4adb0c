import { randomUUID } from 'node:crypto';
import { ResourceClass, Trait, Uuid } from '@cyborgjs/core';
import type { StoredDeployable } from '../src/store/deployable.ts';
import type { StoredDevice } from '../src/store/device.ts';

/** For tests: what a device gives out. */
export interface GivenOut {
  readonly resourceClass: string;
  readonly traits: readonly string[];
  /** Handles; 1 when it is not said. */
  readonly handles?: number;
  /** How many of them are held. */
  readonly held?: number;
  readonly type?: 'PCI' | 'MDEV' | 'CDI';
}

const madeAt = '2026-01-01T00:00:00.000Z';

/** For tests: a device as the store has it, with one deployable for each of `parts`; ready and well. */
export function aStoredDevice(parts: readonly GivenOut[], changes: Partial<StoredDevice> = {}): StoredDevice {
  const id = Uuid.parse(randomUUID());
  const host = changes.host ?? 'compute1';
  return {
    id,
    number: 1,
    version: 1,
    host,
    driver: 'fake',
    identity: id,
    kind: 'GPU',
    vendor: '10de',
    model: 'Model T',
    address: '0000:83:00.0',
    numaNode: null,
    health: { state: 'ok' },
    firmware: {},
    attributes: {},
    state: 'ready',
    stateReason: null,
    stateBeforeGone: null,
    goneAt: null,
    untouched: false,
    stale: false,
    simulated: false,
    createdAt: madeAt,
    updatedAt: null,
    lastSeenAt: madeAt,
    deployables: parts.map((part) => aDeployable(part, { deviceId: id, host })),
    ...changes,
  };
}

function aDeployable(
  { resourceClass, traits, handles = 1, held = 0, type = 'PCI' }: GivenOut,
  where: Pick<StoredDeployable, 'deviceId' | 'host'>,
): StoredDeployable {
  return {
    ...where,
    id: Uuid.parse(randomUUID()),
    number: 1,
    deviceNumber: 1,
    driver: 'fake',
    name: randomUUID(),
    resourceClass: ResourceClass.parse(resourceClass),
    traits: traits.map((name) => Trait.parse(name)),
    total: handles,
    providerId: null,
    bitstreamId: null,
    present: true,
    attributes: [],
    createdAt: madeAt,
    updatedAt: null,
    handles: Array.from({ length: handles }, (_, at) => ({
      id: String(at),
      uuid: Uuid.parse(randomUUID()),
      type,
      info: {},
      inUse: at < held,
      present: true,
      holder: null,
    })),
  };
}
