import { type ErrorCode, type ErrorKind, errorTable } from './error-table.ts';

interface CyborgErrorOptions {
  /** Machine-readable facts about this occurrence. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error class of the service. Match on `code` (never changes) or `kind` (what the caller should do),
 * not on the class. The message names the value, the place and the way out.
 */
export class CyborgError extends Error {
  override readonly name = 'CyborgError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CyborgErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.kind = errorTable[code].kind;
    this.details = options.details ?? {};
  }
}

/** Whether a thrown value is a `CyborgError`, of any copy of this package; narrow further by code. */
export function isCyborgError(error: unknown): error is CyborgError {
  return error instanceof Error && error.name === 'CyborgError' && 'code' in error;
}
