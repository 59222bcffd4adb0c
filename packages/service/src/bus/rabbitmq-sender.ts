import { CyborgError } from '@cyborgjs/core';
import type { Connection } from 'rabbitmq-client';
import { type BusComponents, pause } from './bus-components.ts';
import { deadLetterQueue, workQueue } from './rabbitmq-queues.ts';

interface RabbitmqSenderInit {
  readonly prefix: string;
  /** How long a message may take until the broker has confirmed it. */
  readonly sendTimeoutMs: number;
}

/** Puts messages into queues; a message is sent when the broker has confirmed that it is stored. */
export interface RabbitmqSender {
  /** In order per queue. Rejects with `bus.unavailable` when there is no confirmation in time. */
  send(queue: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * A sender over one connection. It declares a queue before its first message, so that commands wait for an agent
 * that has never been seen; `mandatory` finds out when the queue was deleted meanwhile.
 */
export function createRabbitmqSender(
  components: BusComponents & { readonly connection: Connection },
  init: RabbitmqSenderInit,
): RabbitmqSender {
  const { connection } = components;
  const publisher = connection.createPublisher({ confirm: true });
  const declared = new Set<string>();
  const returned = new Set<string>();
  const tails = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let lastId = 0;

  // The broker returns a message that no queue took before it confirms it.
  publisher.on('basic.return', ({ messageId }) => void returned.add(messageId ?? ''));

  const declare = async (queue: string) => {
    if (declared.has(queue)) return;
    await connection.queueDeclare(deadLetterQueue(init.prefix));
    await connection.queueDeclare(workQueue(init.prefix, queue));
    declared.add(queue);
  };

  const attempt = async (queue: string, text: string) => {
    await declare(queue);
    lastId += 1;
    const messageId = String(lastId);
    await publisher.send({ routingKey: queue, durable: true, mandatory: true, messageId }, Buffer.from(text));
    // The library tells of a returned message one turn of the event loop after its confirmation.
    await new Promise((resolve) => setImmediate(resolve));
    if (!returned.delete(messageId)) return;
    declared.delete(queue);
    throw new Error(`queue ${queue} is gone; it was deleted while this process ran`);
  };

  const sendWithin = async (queue: string, text: string) => {
    const ending = new AbortController();
    const signal = AbortSignal.any([closing.signal, ending.signal]);
    let isOverdue = false;
    const overdue = pause(components, init.sendTimeoutMs, signal).then(() => {
      isOverdue = true;
    });
    let cause: unknown;
    while (!isOverdue) {
      const sent = attempt(queue, text).then(
        () => true,
        (error: unknown) => {
          cause = error;
        },
      );
      if (await Promise.race([sent, overdue])) return ending.abort();
      await Promise.race([pause(components, 100, signal), overdue]);
    }
    throw unavailable(queue, init.sendTimeoutMs, cause);
  };

  return {
    async send(queue, text) {
      // A message is sent when the one before it has been: retries cannot change their order.
      const turn = (tails.get(queue) ?? Promise.resolve()).then(() => sendWithin(queue, text));
      const tail = turn.catch(() => {});
      tails.set(queue, tail);
      await turn.finally(() => tails.get(queue) === tail && tails.delete(queue));
    },
    async close() {
      closing.abort();
      await Promise.all(tails.values());
      await publisher.close().catch(() => {});
    },
  };
}

function unavailable(queue: string, timeoutMs: number, cause: unknown): CyborgError {
  const reason = cause instanceof Error ? cause.message : 'no confirmation';
  return new CyborgError(
    'bus.unavailable',
    `RabbitMQ did not confirm a message for ${queue} within ${timeoutMs} ms (${reason}); see that it runs and that bus.url is right.`,
    { cause, details: { queue } },
  );
}
