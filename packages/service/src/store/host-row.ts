import { DriverFailure, DriverVerb, type HostDriver, PlacementStatus } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { StoredHost, StoredHostDriver } from './host.ts';
import { isoTime, isoTimeOrNull, parseColumn } from './json-column.ts';
import type { HostDriverTable, HostTable } from './tables.ts';

const Verbs = z.array(DriverVerb);

/** A host as stored, with its drivers. */
export function toStoredHost(row: Selectable<HostTable>, drivers: readonly StoredHostDriver[]): StoredHost {
  return {
    name: row.name,
    state: row.state as StoredHost['state'],
    simulated: row.simulated === 1,
    agentVersion: row.agent_version,
    bootId: row.boot_id,
    drivers: [...drivers],
    devices: drivers.reduce((sum, driver) => sum + driver.devices, 0),
    placement: parseColumn(PlacementStatus, row.placement, 'host.placement'),
    lastSeenAt: isoTime(row.last_seen_at),
    createdAt: isoTime(row.created_at),
    agentRun: row.agent_run,
    admitRevision: row.admit_revision,
  };
}

/** A driver on a host as stored, with the number of its devices that are there. */
export function toStoredHostDriver(row: Selectable<HostDriverTable>, devices: number): StoredHostDriver {
  return {
    host: row.host,
    id: row.driver,
    package: row.package,
    version: row.version,
    state: row.state as HostDriver['state'],
    verbs: parseColumn(Verbs, row.verbs, 'host_driver.verbs'),
    restarts: row.restarts,
    failure: row.failure === null ? null : parseColumn(DriverFailure, row.failure, 'host_driver.failure'),
    devices,
    stale: row.stale === 1,
    lastReportAt: isoTimeOrNull(row.last_report_at),
    agentRun: row.agent_run,
    lastSequence: row.last_sequence,
  };
}
