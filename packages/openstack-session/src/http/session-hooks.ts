import type { Attempt } from './http-message.ts';

/** A call that is over, repeats and renewal of the token included. */
export interface CallEvent {
  readonly service: string;
  readonly method: string;
  /** Origin and path, without the query. */
  readonly address: string;
  /** The status of the last answer; absent when none came. */
  readonly status?: number | undefined;
  /** What came instead of an answer; absent when one came. */
  readonly error?: unknown;
  /** HTTP requests made for it. */
  readonly tried: number;
  readonly durationMs: number;
}

/** A repeat that is about to be waited for. */
export interface RetryEvent {
  /** The attempt that failed. */
  readonly after: Attempt;
  readonly waitMs: number;
}

/**
 * What a session tells of its work, for logs and metrics. No event holds a token, a body or a query. What a hook
 * throws is ignored; no call depends on it.
 */
export interface SessionHooks {
  /** After every HTTP request. */
  readonly attempt?: (event: Attempt) => void;
  /** Before the wait for another attempt. */
  readonly retry?: (event: RetryEvent) => void;
  /** After every call. */
  readonly call?: (event: CallEvent) => void;
}

/** Tells a hook, if there is one. */
export function notify<Event>(hook: ((event: Event) => void) | undefined, event: Event): void {
  try {
    hook?.(event);
  } catch {
    // An observer's trouble is its own.
  }
}
