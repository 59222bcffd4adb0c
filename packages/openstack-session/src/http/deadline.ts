/** When a call must be over, and a signal that fires then or when its caller gives up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds left; never below 0. */
  remainingMs(): number;
  /** Whether the signal fired because the time was over, not because the caller gave up. */
  expired(): boolean;
  /** Stops the clock; a call that is over must not be kept until its time would have been. */
  end(): void;
}

interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Starts the clock of one call, which must be ended. */
export function startDeadline({ timeoutMs, signal, now }: DeadlineOptions): Deadline {
  const end = now() + timeoutMs;
  const own = new AbortController();
  let isExpired = false;
  const timer = setTimeout(() => {
    isExpired = !own.signal.aborted;
    own.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, timeoutMs).unref();
  const giveUp = () => own.abort(signal?.reason);
  if (signal?.aborted) giveUp();
  else signal?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: own.signal,
    remainingMs: () => Math.max(0, end - now()),
    expired: () => isExpired,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    },
  };
}
