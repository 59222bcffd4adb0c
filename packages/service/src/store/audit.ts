import type { AuditOutcome, AuditRecord, Page } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** Which records to list; all conditions must hold. */
export interface AuditQuery extends ListQuery {
  readonly userId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Part of the target. */
  readonly target?: string | undefined;
  /** Milliseconds since the epoch: from here on. */
  readonly since?: number | undefined;
  /** Milliseconds since the epoch: before this. */
  readonly until?: number | undefined;
}

/** What can be asked about the records of changes. */
export interface AuditReads {
  /** The newest first; the marker is a request id. */
  list(query?: AuditQuery): Promise<Page<AuditRecord>>;
  /** Numbers of records from before a time, and of those beyond the newest `keep`. */
  listStale(stale: {
    readonly before: number;
    readonly keep: number;
    readonly limit: number;
  }): Promise<readonly number[]>;
}

/** A record to store; its time is when it is stored. */
export type NewAuditRecord = Omit<AuditRecord, 'at'>;

/** What a transaction can do to the records of changes. */
export interface AuditWrites {
  /** Stores what is to be known of a request; what is stored of it already is kept. */
  add(record: NewAuditRecord): Promise<void>;
  /** Stores how a request ended, whether it is there already or not. */
  put(record: NewAuditRecord): Promise<void>;
  remove(numbers: readonly number[]): Promise<void>;
}
