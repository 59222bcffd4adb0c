import type { DriverErrorCode, DriverFailure, RetryAdvice } from '@cyborgjs/core';

/** What a failure may tell beside its code and message. */
export interface DriverErrorOptions {
  /** Overrides the advice that goes with the code. */
  readonly retry?: RetryAdvice;
  /** Address or identity of the device concerned. */
  readonly device?: string;
  /** What the operator can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const usualAdvice: Readonly<Record<DriverErrorCode, RetryAdvice>> = {
  invalid: 'never',
  not_found: 'never',
  conflict: 'never',
  in_use: 'later',
  busy: 'later',
  unsupported: 'never',
  denied: 'never',
  unavailable: 'now',
  timeout: 'later',
  canceled: 'never',
  hardware: 'later',
  internal: 'never',
};

/**
 * How a driver says that a call failed. The code tells what kind of failure it is, the advice when the same call
 * may succeed. Anything else that a driver throws is taken as `internal`.
 */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  readonly code: DriverErrorCode;
  readonly retry: RetryAdvice;
  readonly device: string | undefined;
  readonly hint: string | undefined;

  constructor(code: DriverErrorCode, message: string, options: DriverErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retry = options.retry ?? usualAdvice[code];
    this.device = options.device;
    this.hint = options.hint;
  }

  /** The same failure received from another process; `errno` is that of the system call behind it. */
  static fromFailure(failure: DriverFailure, errno?: string): DriverError {
    const messages = failure.causes.length === 0 && errno !== undefined ? [errno] : failure.causes;
    const cause = messages.reduceRight<Error | undefined>(
      (inner, message) =>
        inner === undefined
          ? Object.assign(new Error(message), errno === undefined ? {} : { code: errno })
          : new Error(message, { cause: inner }),
      undefined,
    );
    return new DriverError(failure.code, failure.message, {
      retry: failure.retry,
      ...(failure.device === undefined ? {} : { device: failure.device }),
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** Whether a thrown value is a `DriverError`, of any copy of this package. */
export function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error && error.name === 'DriverError' && 'code' in error && 'retry' in error;
}

/** Any thrown value as data that can cross a process boundary; no stack goes with it. */
export function toDriverFailure(thrown: unknown): DriverFailure {
  if (!isDriverError(thrown)) {
    const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    return { code: 'internal', message: clip(message), retry: 'never', causes: causesOf(thrown) };
  }
  return {
    code: thrown.code,
    message: clip(thrown.message),
    retry: thrown.retry,
    ...(thrown.device === undefined ? {} : { device: thrown.device }),
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    causes: causesOf(thrown),
  };
}

const mostCauses = 8;

/** Messages of all that is behind an error, depth first: of several steps that failed, each is told. */
function causesOf(thrown: unknown): string[] {
  const messages: string[] = [];
  const tell = (cause: unknown): void => {
    if (messages.length >= mostCauses) return;
    messages.push(clip(cause instanceof Error ? cause.message : String(cause)));
    for (const inner of behind(cause)) tell(inner);
  };
  for (const cause of behind(thrown)) tell(cause);
  return messages;
}

function behind(thrown: unknown): unknown[] {
  if (!(thrown instanceof Error)) return [];
  const several: unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
  return thrown.cause === undefined ? several : [...several, thrown.cause];
}

const clip = (text: string): string => (text.length > 4096 ? `${text.slice(0, 4096)}…` : text);
