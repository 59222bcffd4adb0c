/** When a call must be over, and a signal that fires then or when its caller gives up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds left; never below 0. */
  remainingMs(): number;
  /** Whether the signal fired because the time was over, not because the caller gave up. */
  expired(): boolean;
}

interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Starts the clock of one call. */
export function startDeadline({ timeoutMs, signal, now }: DeadlineOptions): Deadline {
  const end = now() + timeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  return {
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    remainingMs: () => Math.max(0, end - now()),
    expired: () => timeout.aborted && signal?.aborted !== true,
  };
}
