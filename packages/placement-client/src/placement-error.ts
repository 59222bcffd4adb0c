import type { ErrorKind, OpenStackError } from '@cyborgjs/openstack-session';
import { type PlacementErrorCode, placementErrorTable } from './placement-error-table.ts';

interface PlacementErrorOptions {
  /** Machine-readable facts about this occurrence. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The answer behind it. */
  readonly answer?: OpenStackError;
  readonly cause?: unknown;
}

/**
 * What Placement refused, or what cannot be done with what it holds. Match on `code` or `kind`, not on the class.
 * Failures that are not Placement's (no answer, refused credentials, 5xx) stay the session's `OpenStackError`,
 * which has `code` and `kind` as well.
 */
export class PlacementError extends Error {
  override readonly name = 'PlacementError';
  readonly code: PlacementErrorCode;
  readonly kind: ErrorKind;
  readonly details: Readonly<Record<string, unknown>>;
  /** What Placement said, without its boilerplate; empty when it was not asked. */
  readonly detail: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(code: PlacementErrorCode, message: string, options: PlacementErrorOptions = {}) {
    const cause = options.cause ?? options.answer;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = placementErrorTable[code].kind;
    this.details = options.details ?? {};
    this.detail = options.answer?.detail ?? '';
    this.status = options.answer?.status;
    this.requestId = options.answer?.requestId;
  }
}

/** Whether a thrown value is a `PlacementError`, of any copy of this package, and of the given code if any. */
export function isPlacementError(error: unknown, code?: PlacementErrorCode): error is PlacementError {
  const isOne = error instanceof Error && error.name === 'PlacementError' && 'code' in error;
  return isOne && (code === undefined || error.code === code);
}
