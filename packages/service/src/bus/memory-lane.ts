import type { z } from 'zod';
import type { BusComponents } from './bus-components.ts';
import { deliverMessage } from './deliver-message.ts';
import type { MemorySubscriber } from './memory-subscriber.ts';

interface LaneInit<Message> {
  readonly name: string;
  readonly schema: z.ZodType<Message>;
  /** Who takes the next message; undefined while nobody does. */
  readonly nextSubscriber: () => MemorySubscriber<Message> | undefined;
}

/** The messages of one queue, in order, one in hand at a time. */
export class MemoryLane<Message> {
  readonly #components: BusComponents;
  readonly #init: LaneInit<Message>;
  readonly #waiting: { text: string; redeliveries: number }[] = [];
  #isDelivering = false;

  constructor(components: BusComponents, init: LaneInit<Message>) {
    this.#components = components;
    this.#init = init;
  }

  /** Takes a message in; it travels as JSON, as on a real bus. */
  push(message: Message): void {
    this.#waiting.push({ text: JSON.stringify(message), redeliveries: 0 });
    this.wake();
  }

  /** Goes on delivering when there is a message and someone to take it. */
  wake(): void {
    if (this.#isDelivering || this.#waiting.length === 0) return;
    const subscriber = this.#init.nextSubscriber();
    if (subscriber === undefined) return;
    this.#isDelivering = true;
    subscriber.hold(this.#deliverHead(subscriber)).finally(() => {
      this.#isDelivering = false;
      this.wake();
    });
  }

  async #deliverHead(subscriber: MemorySubscriber<Message>): Promise<void> {
    // Sending never runs a handler: delivery begins in a later turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const head = this.#waiting[0];
    if (head === undefined || subscriber.signal.aborted) return;
    const verdict = await deliverMessage(this.#components, {
      ...head,
      queue: this.#init.name,
      schema: this.#init.schema,
      signal: subscriber.signal,
      handle: subscriber.handle,
    });
    if (verdict === 'again') head.redeliveries += 1;
    else this.#waiting.shift();
  }
}
