import type { DeviceKind, DeviceState, Health, Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import type { StoredDeployable } from './deployable.ts';
import type { StoredCard, StoredDevice } from './device.ts';
import { isoTime, isoTimeOrNull, parseTextMap } from './json-column.ts';
import type { DeviceTable } from './tables.ts';

/** A row of `device` with what its host and driver add. */
export interface DeviceRow extends Selectable<DeviceTable> {
  readonly simulated: number;
  /** Null when its driver was never heard of by itself. */
  readonly stale: number | null;
}

/** A device as stored, with its deployables. */
export function toStoredDevice(row: DeviceRow, deployables: readonly StoredDeployable[]): StoredDevice {
  return { ...toStoredCard(row), deployables: [...deployables] };
}

/** A device as stored, without what is below it. */
export function toStoredCard(row: DeviceRow): StoredCard {
  return {
    number: row.number,
    id: row.id as Uuid,
    host: row.host,
    driver: row.driver,
    identity: row.identity,
    kind: row.kind as DeviceKind,
    vendor: row.vendor,
    model: row.model,
    address: row.address,
    numaNode: row.numa_node,
    health: toHealth(row),
    firmware: parseTextMap(row.firmware, 'device.firmware'),
    attributes: parseTextMap(row.attributes, 'device.attributes'),
    state: row.state as DeviceState,
    stateReason: row.state_reason,
    stale: row.stale === 1,
    simulated: row.simulated === 1,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
    lastSeenAt: isoTime(row.last_seen_at),
    version: row.version,
    stateBeforeGone: row.state_before_gone as DeviceState | null,
    goneAt: row.gone_at,
    untouched: row.untouched === 1,
  };
}

function toHealth(row: DeviceRow): Health {
  const state = row.health_state as Health['state'];
  return row.health_reason === null ? { state } : { state, reason: row.health_reason };
}
