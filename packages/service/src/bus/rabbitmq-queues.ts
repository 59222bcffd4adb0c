/** How many queues the facts of all hosts are spread over. Changing it breaks the order of facts on their way. */
export const factQueueCount = 8;

/** Arguments of a queue as `rabbitmq-client` declares it. */
export interface QueueDeclaration {
  readonly queue: string;
  readonly durable: true;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

/** Queue of the commands for one host. */
export function commandQueue(prefix: string, host: string): string {
  return `${prefix}.commands.${host}`;
}

/** The queue that takes the facts of a host: always the same for one host, so that they stay in order. */
export function factQueue(prefix: string, host: string): string {
  return `${prefix}.facts.${fnv1a(host) % factQueueCount}`;
}

/** All queues of facts. */
export function factQueues(prefix: string): string[] {
  return Array.from({ length: factQueueCount }, (_, index) => `${prefix}.facts.${index}`);
}

/** Where messages go that were given up; nothing takes them from there but an operator. */
export function deadLetterQueue(prefix: string): QueueDeclaration {
  return { queue: `${prefix}.dead-letters`, durable: true, arguments: { 'x-queue-type': 'quorum' } };
}

/**
 * A queue of commands or facts: replicated, given to one consumer at a time (the next one takes over when it
 * goes), with the broker's own limit on returns for messages that kill their consumer.
 *
 * Arguments: RabbitMQ's guides to quorum queues, single active consumers and dead letter exchanges.
 */
export function workQueue(prefix: string, queue: string): QueueDeclaration {
  return {
    queue,
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-single-active-consumer': true,
      'x-delivery-limit': 20,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': deadLetterQueue(prefix).queue,
      // The two go together: the broker keeps a dead letter until its queue has confirmed it.
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  };
}

/** 32-bit FNV-1a over the UTF-16 code units; any stable hash would do. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
