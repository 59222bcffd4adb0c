/** Lets one piece of work at a time through for each key, in the order of asking. */
export class KeyedQueue {
  readonly #lines = new Map<string, { label: string; tail: Promise<void> }[]>();

  /** What now holds the key, by the label that it asked with. */
  holderOf(key: string): string | undefined {
    return this.#lines.get(key)?.[0]?.label;
  }

  /** Resolves with the key's release when it is this one's turn; rejects with the signal's reason before that. */
  async acquire(key: string, label: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const line = this.#lines.get(key) ?? [];
    this.#lines.set(key, line);
    const before = line.at(-1)?.tail;
    const { promise: tail, resolve: finish } = Promise.withResolvers<void>();
    const place = { label, tail };
    line.push(place);
    const release = (): void => {
      const index = line.indexOf(place);
      if (index !== -1) line.splice(index, 1);
      if (line.length === 0 && this.#lines.get(key) === line) this.#lines.delete(key);
      finish();
    };
    try {
      await untilAborted(before ?? Promise.resolve(), signal);
      return release;
    } catch (error) {
      // Whoever is behind waits on for those in front.
      void before?.then(release);
      throw error;
    }
  }
}

/** The promise, or the signal's reason, whichever comes first. */
export function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
