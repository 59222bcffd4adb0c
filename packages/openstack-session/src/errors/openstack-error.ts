import type { Attempt } from '../http/http-message.ts';
import type { ErrorKind } from './error-kind.ts';
import { type SessionErrorCode, sessionErrorTable } from './session-error-table.ts';

/** The facts of one failed call. */
export interface OpenStackErrorFacts {
  readonly kind: ErrorKind;
  /** A service's own code, a `SessionErrorCode`, or `http.<status>`. */
  readonly code: string;
  readonly message: string;
  /** What the service said, without its boilerplate. */
  readonly detail: string;
  /** The HTTP status; absent when no answer came. */
  readonly status?: number | undefined;
  /** The `x-openstack-request-id` of the answer, to be found in the service's log. */
  readonly requestId?: string | undefined;
  /** How many HTTP requests were made for the call, retries included. Default: as many as `attempts`, or 1. */
  readonly tried?: number | undefined;
  /** The HTTP requests that were made for the call, in their order. */
  readonly attempts?: readonly Attempt[] | undefined;
  /** How long the service asks to stay away (`Retry-After`), in milliseconds from the answer. */
  readonly retryAfterMs?: number | undefined;
  /** The answer's body, parsed when it was JSON. */
  readonly body?: unknown;
  readonly cause?: unknown;
}

/**
 * A call to an OpenStack service that failed. Match on `code` or `kind`, not on the class. An abort by the caller
 * is not one of these: it comes out as the signal's own reason.
 */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly detail: string;
  readonly tried: number;
  readonly attempts: readonly Attempt[];
  readonly retryAfterMs: number | undefined;
  readonly body: unknown;

  constructor(facts: OpenStackErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.detail = facts.detail;
    this.attempts = [...(facts.attempts ?? [])];
    this.tried = facts.tried ?? (this.attempts.length || 1);
    this.retryAfterMs = facts.retryAfterMs;
    this.body = facts.body;
  }
}

/** Whether a thrown value is an `OpenStackError`, of any copy of this package. */
export function isOpenStackError(error: unknown): error is OpenStackError {
  return error instanceof Error && error.name === 'OpenStackError' && 'code' in error;
}

/** An error of the session itself: its kind comes from the table of codes. */
export function sessionError(
  code: SessionErrorCode,
  message: string,
  more: Pick<OpenStackErrorFacts, 'tried' | 'attempts' | 'cause' | 'status'> = {},
): OpenStackError {
  return new OpenStackError({ kind: sessionErrorTable[code].kind, code, message, detail: message, ...more });
}
