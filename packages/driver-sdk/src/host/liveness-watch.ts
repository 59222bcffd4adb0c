interface LivenessWatchOptions {
  readonly everyMs: number;
  readonly silenceMs: number;
  /** Asks for a sign of life. */
  readonly ping: () => void;
  /** Whether silence is in order now. */
  readonly mayBeSilent: () => boolean;
  /** Told once. */
  readonly onSilent: (silentMs: number) => void;
}

/** Notices that a process is silent for too long although it was asked for a sign of life again and again. */
export class LivenessWatch {
  readonly #options: LivenessWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #tickAt = 0;

  constructor(options: LivenessWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#heardAt = this.#tickAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Anything that comes from the process is a sign of life. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  #tick(): void {
    const { everyMs, silenceMs, mayBeSilent, ping, onSilent } = this.#options;
    const now = performance.now();
    // When this process itself was held up, an answer may lie unread.
    const heldUp = now - this.#tickAt > 2 * everyMs;
    this.#tickAt = now;
    if (heldUp || mayBeSilent()) this.#heardAt = now;
    if (now - this.#heardAt <= silenceMs) {
      ping();
      return;
    }
    this.stop();
    onSilent(now - this.#heardAt);
  }
}
