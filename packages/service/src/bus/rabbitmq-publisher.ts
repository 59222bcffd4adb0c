import type { Connection } from 'rabbitmq-client';
import { deadLetterQueue, workQueue } from './rabbitmq-queues.ts';

/** Puts messages into queues, once each. */
export interface RabbitmqPublisher {
  /** Resolves when the broker has confirmed that the message is stored; rejects when it is not known to be. */
  publish(queue: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * A publisher over one connection. It declares a queue before its first message, so that commands wait for an
 * agent that has never been seen; `mandatory` finds out when the queue was deleted meanwhile.
 */
export function createRabbitmqPublisher(connection: Connection, prefix: string): RabbitmqPublisher {
  const publisher = connection.createPublisher({ confirm: true });
  const declared = new Set<string>();
  const returned = new Set<string>();
  let lastId = 0;

  // The broker returns a message that no queue took, and then confirms it all the same.
  publisher.on('basic.return', ({ messageId }) => void returned.add(messageId ?? ''));

  const declare = async (queue: string) => {
    if (declared.has(queue)) return;
    await connection.queueDeclare(deadLetterQueue(prefix));
    await connection.queueDeclare(workQueue(prefix, queue));
    declared.add(queue);
  };

  return {
    async publish(queue, text) {
      await declare(queue);
      lastId += 1;
      const messageId = String(lastId);
      await publisher.send(
        { routingKey: queue, durable: true, mandatory: true, messageId },
        Buffer.from(text),
      );
      // The library tells of a returned message one turn of the event loop after its confirmation.
      await new Promise((resolve) => setImmediate(resolve));
      if (!returned.delete(messageId)) return;
      declared.delete(queue);
      throw new Error(`queue ${queue} is gone; it was deleted while this process ran`);
    },
    close: () => publisher.close(),
  };
}
