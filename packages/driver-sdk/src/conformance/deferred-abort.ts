/** The cancellation of a call that waits for critical sections, as the driver host's does. */
export interface DeferredAbort {
  readonly signal: AbortSignal;
  /** Rejects with the reason once the call is aborted. */
  readonly aborted: Promise<never>;
  /** Whether an abort had to wait. */
  readonly isDeferred: boolean;
  /** Aborts now, or when the critical sections are over. */
  request(reason: Error): void;
  /** Aborts now: the cap of a critical section has passed. */
  force(reason: Error): void;
  critical<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Makes the cancellation of one call. */
export function createDeferredAbort(): DeferredAbort {
  const controller = new AbortController();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  aborted.catch(() => {});
  let wanted: Error | undefined;
  let open = 0;
  let isDeferred = false;
  return {
    signal: controller.signal,
    aborted,
    get isDeferred() {
      return isDeferred;
    },
    request: (reason) => {
      wanted ??= reason;
      isDeferred = open > 0;
      if (!isDeferred) controller.abort(wanted);
    },
    force: (reason) => controller.abort(reason),
    critical: async (work) => {
      if (wanted !== undefined) throw wanted;
      open += 1;
      try {
        return await work();
      } finally {
        open -= 1;
        if (open === 0 && wanted !== undefined) controller.abort(wanted);
      }
    },
  };
}
