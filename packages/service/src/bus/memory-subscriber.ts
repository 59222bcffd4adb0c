/** One who takes messages from lanes of the memory bus, until it ends. */
export class MemorySubscriber<Message> {
  readonly handle: (message: Message) => Promise<void>;
  readonly #ending = new AbortController();
  readonly #inHand = new Set<Promise<void>>();

  constructor(handle: (message: Message) => Promise<void>) {
    this.handle = handle;
  }

  /** Aborted when it wants no more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Remembers a delivery under way, for `end` to wait for. */
  hold(delivery: Promise<void>): Promise<void> {
    const held = delivery.finally(() => this.#inHand.delete(held));
    this.#inHand.add(held);
    return held;
  }

  /** Takes no more; resolves when what is in hand is done with. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#inHand);
  }
}
