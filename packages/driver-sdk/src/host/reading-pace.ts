import type { Readable } from 'node:stream';

const periodMs = 1000;

/**
 * Keeps a stream from taking more than its share of the event loop: when a second's budget is spent, reading
 * pauses until the second is over, and the writer's own buffers fill up.
 */
export class ReadingPace {
  readonly #stream: Readable;
  readonly #budget: number;
  #spent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable, budgetPerSecond: number) {
    this.#stream = stream;
    this.#budget = budgetPerSecond;
    stream.once('close', () => clearTimeout(this.#timer));
  }

  spend(units: number): void {
    this.#spent += units;
    this.#timer ??= setTimeout(() => this.#nextPeriod(), periodMs).unref();
    if (this.#spent > this.#budget) this.#stream.pause();
  }

  /** What was spent beyond the budget counts against the next period. */
  #nextPeriod(): void {
    this.#timer = undefined;
    this.#spent = Math.max(0, this.#spent - this.#budget);
    if (this.#spent > 0) this.spend(0);
    if (this.#spent <= this.#budget && !this.#stream.destroyed) this.#stream.resume();
  }
}
