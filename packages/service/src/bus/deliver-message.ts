import { isCyborgError } from '@cyborgjs/core';
import type { z } from 'zod';
import { type BusComponents, pause, redeliveryPauseMs } from './bus-components.ts';

/** One message on its way to a handler. */
export interface Delivery<Message> {
  /** Name of the queue or lane it came from, for the log. */
  readonly queue: string;
  /** The message as it travelled: JSON. */
  readonly text: string;
  /** How often it was delivered before. */
  readonly redeliveries: number;
  /** Aborted when the subscription ends: what is in hand and failing goes back. */
  readonly signal: AbortSignal;
  readonly schema: z.ZodType<Message>;
  handle(message: Message): Promise<void>;
}

/** `done`: never again. `again`: back to the head of the queue. `dead`: given up, put where an operator finds it. */
export type Verdict = 'done' | 'again' | 'dead';

/** Returned to the queue this often, a message is given up. With the pauses between, about a minute. */
export const deliveryLimit = 10;

/**
 * Gives one message to a handler and says what is to become of it. The same for every bus:
 *
 * - What does not parse can never be handled: dead at once.
 * - A handler that rejects with an error of kind `unavailable` (the database is away) says nothing against the
 *   message: it stays in hand and is tried until it goes through or the subscription ends.
 * - Any other rejection counts against the message. It goes back after a pause, and is dead after
 *   `deliveryLimit` returns, so that one poisonous message cannot hold up its host for ever.
 */
export async function deliverMessage<Message>(
  components: BusComponents,
  delivery: Delivery<Message>,
): Promise<Verdict> {
  const message = parse(delivery);
  if (!message.success) return giveUp(components, delivery, message.error);
  for (let attempt = 0; ; attempt += 1) {
    try {
      await delivery.handle(message.data);
      return 'done';
    } catch (error) {
      const mayWait = isCyborgError(error) && error.kind === 'unavailable';
      if (!mayWait && delivery.redeliveries >= deliveryLimit) return giveUp(components, delivery, error);
      components.log.warn(
        { queue: delivery.queue, redeliveries: delivery.redeliveries, err: error },
        'message was not handled; it will be tried again',
      );
      await pause(components, redeliveryPauseMs(delivery.redeliveries + attempt), delivery.signal);
      if (!mayWait || delivery.signal.aborted) return 'again';
    }
  }
}

function giveUp<Message>(components: BusComponents, delivery: Delivery<Message>, error: unknown): Verdict {
  components.log.warn(
    { queue: delivery.queue, redeliveries: delivery.redeliveries, err: error, text: delivery.text },
    'message given up',
  );
  return 'dead';
}

type Parsed<Message> =
  | { readonly success: true; readonly data: Message }
  | { readonly success: false; readonly error: Error };

function parse<Message>(delivery: Delivery<Message>): Parsed<Message> {
  try {
    return delivery.schema.safeParse(JSON.parse(delivery.text));
  } catch (error) {
    return { success: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
