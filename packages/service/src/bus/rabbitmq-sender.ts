import { CyborgError } from '@cyborgjs/core';
import { type BusComponents, pause } from './bus-components.ts';
import type { RabbitmqPublisher } from './rabbitmq-publisher.ts';

/** Sends messages: over interruptions, in order per queue, until the deadline. */
export interface RabbitmqSender {
  /** Resolves when the broker has the message. Rejects with `bus.unavailable` when that is not so in time. */
  send(queue: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** A sender over a publisher; `sendTimeoutMs` counts from the call of `send`. */
export function createRabbitmqSender(
  components: BusComponents & { readonly publisher: RabbitmqPublisher },
  sendTimeoutMs: number,
): RabbitmqSender {
  const { publisher } = components;
  const tails = new Map<string, Promise<void>>();
  const closing = new AbortController();

  const publishUntil = async (queue: string, text: string, overdue: AbortSignal) => {
    const isOverdue = aborted(overdue);
    let cause: unknown;
    while (!overdue.aborted) {
      const published = publisher.publish(queue, text).then(
        () => true,
        (error: unknown) => {
          cause = error;
        },
      );
      if (await Promise.race([published, isOverdue])) return;
      await pause(components, 100, overdue);
    }
    throw unavailable(queue, sendTimeoutMs, cause);
  };

  return {
    async send(queue, text) {
      const deadline = startDeadline(components, sendTimeoutMs, closing.signal);
      // A message waits until the one before it is through or given up: retries cannot change their order.
      const turn = (tails.get(queue) ?? Promise.resolve()).then(() =>
        publishUntil(queue, text, deadline.signal),
      );
      const tail = turn.catch(() => {});
      tails.set(queue, tail);
      await turn.finally(() => {
        deadline.cancel();
        if (tails.get(queue) === tail) tails.delete(queue);
      });
    },
    async close() {
      closing.abort();
      await Promise.all(tails.values());
      await publisher.close().catch(() => {});
    },
  };
}

/** A signal that aborts after a time or when the sender closes; `cancel` ends the wait. */
function startDeadline(components: BusComponents, ms: number, closing: AbortSignal) {
  const cancel = new AbortController();
  const overdue = new AbortController();
  const signal = AbortSignal.any([closing, overdue.signal]);
  void pause(components, ms, AbortSignal.any([closing, cancel.signal])).then(() => overdue.abort());
  return { signal, cancel: () => cancel.abort() };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function unavailable(queue: string, timeoutMs: number, cause: unknown): CyborgError {
  const reason = cause instanceof Error ? cause.message : 'no confirmation';
  return new CyborgError(
    'bus.unavailable',
    `RabbitMQ did not confirm a message for ${queue} within ${timeoutMs} ms (${reason}); see that it runs and that bus.url is right.`,
    { cause, details: { queue } },
  );
}
