import { type AuditOutcome, AuditRecord } from '@cyborgjs/core';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** Which records to list; all conditions must hold. */
export interface AuditFilter {
  /** Id of a user. */
  readonly user?: string;
  /** Id of a project. */
  readonly project?: string;
  readonly outcome?: AuditOutcome;
  /** Part of what the request was about: an id, a name. */
  readonly target?: string;
  /** ISO 8601, with its offset: from this time on. */
  readonly since?: string;
  /** Before this time. */
  readonly until?: string;
}

/** Who asked for which change. */
export interface Audit {
  /** The newest first. */
  list(filter?: AuditFilter, options?: ListOptions): AsyncIterable<AuditRecord>;
}

/** The records behind a connection. */
export function createAudit({ callApi }: NounInit): Audit {
  return {
    list: (filter = {}, options = {}) =>
      paginate(callApi, { path: '/v3/audit', item: AuditRecord, filter: { ...filter }, options }),
  };
}
