import type { DriverStatus, Host, HostDriver, Page, PlacementStatus } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** A host with what only the conductor needs. */
export interface StoredHost extends Host {
  /** Number of the agent run that was last heard of; facts of earlier runs are stale. -1 before the first. */
  readonly agentRun: number;
  /** Number of the latest set of open devices sent to the agent; 0 before the first. */
  readonly admitRevision: number;
}

/** A driver on a host with how far its reports have been taken in. */
export interface StoredHostDriver extends HostDriver {
  readonly agentRun: number;
  readonly lastSequence: number;
}

export interface HostDriverQuery extends ListQuery {
  readonly host?: string | undefined;
  readonly driver?: string | undefined;
}

/** What can be asked about hosts and the drivers on them. */
export interface HostReads {
  /** By name, ascending; the marker is a name. */
  list(query?: ListQuery): Promise<Page<StoredHost>>;
  find(name: string): Promise<StoredHost | undefined>;
  /** Throws `host.not_found`. */
  get(name: string): Promise<StoredHost>;
  /** By host and driver, ascending; the marker is `<host>/<driver>`. */
  listDrivers(query?: HostDriverQuery): Promise<Page<StoredHostDriver>>;
  findDriver(host: string, driver: string): Promise<StoredHostDriver | undefined>;
  /** Names of hosts that are `up` and were last heard of before a time. */
  silentSince(before: number): Promise<readonly string[]>;
  /** Drivers whose latest good report is older than a time and which, or whose devices, do not show it yet. */
  overdueSince(before: number): Promise<readonly { readonly host: string; readonly driver: string }[]>;
}

/** What may change of a host; what is left out stays. */
export interface HostChanges {
  readonly state?: Host['state'];
  readonly simulated?: boolean;
  readonly agentVersion?: string;
  readonly bootId?: string;
  readonly agentRun?: number;
  readonly admitRevision?: number;
  readonly placement?: PlacementStatus;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt?: number;
}

export interface HostDriverChanges {
  readonly failure?: DriverStatus['failure'];
  readonly state?: DriverStatus['state'];
  readonly stale?: boolean;
  readonly agentRun?: number;
  readonly lastSequence?: number;
  readonly lastReportAt?: number;
}

/** What a transaction can do to hosts. */
export interface HostWrites {
  /**
   * Makes the host when it is new (`stopped`, never heard of) and holds it against every other transaction until this one ends. Whatever
   * reads and then writes something of one host begins with this or with `lock`.
   */
  ensure(name: string): Promise<StoredHost>;
  /** Holds a host that may be known, without reading it. */
  hold(name: string): Promise<void>;
  /** Holds a known host; throws `host.not_found`. */
  lock(name: string): Promise<StoredHost>;
  update(name: string, changes: HostChanges): Promise<void>;
  /** Writes the statuses of the drivers that run on a host; others of that host stay as they are. */
  putDrivers(host: string, drivers: readonly DriverStatus[]): Promise<void>;
  /** The driver as it was noted last; one that is heard of before it was announced is noted now. */
  ensureDriver(host: string, driver: string): Promise<StoredHostDriver>;
  updateDriver(host: string, driver: string, changes: HostDriverChanges): Promise<void>;
  /** Forgets a driver on a host; its devices stay. */
  removeDriver(host: string, driver: string): Promise<void>;
}
