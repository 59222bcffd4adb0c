import { Command, Fact } from '@cyborgjs/core';
import { Connection, ConsumerStatus } from 'rabbitmq-client';
import type { z } from 'zod';
import type { Bus, Unsubscribe } from './bus.ts';
import type { BusComponents } from './bus-components.ts';
import { deliverMessage, type Verdict } from './deliver-message.ts';
import { createRabbitmqPublisher } from './rabbitmq-publisher.ts';
import { commandQueue, factQueue, factQueues, workQueue } from './rabbitmq-queues.ts';
import { createRabbitmqSender } from './rabbitmq-sender.ts';

export interface RabbitmqBusInit {
  /** `amqp://user:password@host:5672/vhost` or `amqps://…`. */
  readonly url: string;
  /** Beginning of the names of all queues; default `cyborg`. */
  readonly prefix?: string;
  /** How long a message may take until the broker has confirmed it; default 5 000. */
  readonly sendTimeoutMs?: number;
  /** Shown in the broker's list of connections; default `cyborgd`. */
  readonly connectionName?: string;
}

interface Subscription<Message> {
  readonly queue: string;
  readonly schema: z.ZodType<Message>;
  handle(message: Message): Promise<void>;
}

const statusOf: Readonly<Record<Verdict, ConsumerStatus>> = {
  done: ConsumerStatus.ACK,
  again: ConsumerStatus.REQUEUE,
  dead: ConsumerStatus.DROP,
};

/**
 * A bus over RabbitMQ 3.10 or later. Commands have one quorum queue per host. Facts have a fixed number of
 * quorum queues, a host always the same one; each goes to one subscriber at a time and another takes over when
 * it ends, so the facts of a host stay in order while those of several hosts are handled side by side.
 *
 * It returns at once and connects, and reconnects, in the background.
 */
export function createRabbitmqBus(components: BusComponents, init: RabbitmqBusInit): Bus {
  const { prefix = 'cyborg', sendTimeoutMs = 5_000, connectionName = 'cyborgd' } = init;
  const connection = connect(components, { ...init, sendTimeoutMs, connectionName });
  const publisher = createRabbitmqPublisher(connection, prefix);
  const sender = createRabbitmqSender({ ...components, publisher }, sendTimeoutMs);
  const endings = new Set<Unsubscribe>();

  const subscribe = <Message>(subscription: Subscription<Message>): Unsubscribe => {
    const end = consume({ ...components, connection }, prefix, subscription);
    endings.add(end);
    return async () => {
      endings.delete(end);
      await end();
    };
  };

  return {
    sendCommand: (host, command) => sender.send(commandQueue(prefix, host), JSON.stringify(command)),
    async receiveCommands(host, handle) {
      return subscribe({ queue: commandQueue(prefix, host), schema: Command, handle });
    },
    sendFact: (fact) => sender.send(factQueue(prefix, fact.host), JSON.stringify(fact)),
    async receiveFacts(handle) {
      const ends = factQueues(prefix).map((queue) => subscribe({ queue, schema: Fact, handle }));
      return async () => void (await Promise.all(ends.map((end) => end())));
    },
    isConnected: () => connection.ready,
    async close() {
      // Without a connection nothing can be acknowledged, and waiting for one could take for ever.
      const isLost = !connection.ready;
      if (isLost) connection.unsafeDestroy();
      await Promise.all([sender.close(), ...[...endings].map((end) => end())]);
      if (!isLost) await connection.close();
    },
  };
}

function connect(
  { log }: BusComponents,
  init: { readonly url: string; readonly sendTimeoutMs: number; readonly connectionName: string },
): Connection {
  const connection = new Connection({
    url: init.url,
    connectionName: init.connectionName,
    acquireTimeout: init.sendTimeoutMs,
    heartbeat: 10,
    retryLow: 500,
    retryHigh: 10_000,
  });
  connection.on('error', (err) => log.warn({ err }, 'connection to RabbitMQ failed; trying again'));
  connection.on('connection', () => log.info({}, 'connected to RabbitMQ'));
  connection.on('connection.blocked', (reason) => log.warn({ reason }, 'RabbitMQ takes no messages'));
  connection.on('connection.unblocked', () => log.info({}, 'RabbitMQ takes messages again'));
  return connection;
}

/** Takes messages from one queue, one at a time; the client library takes it up again after every interruption. */
function consume<Message>(
  components: BusComponents & { readonly connection: Connection },
  prefix: string,
  subscription: Subscription<Message>,
): Unsubscribe {
  const ending = new AbortController();
  const { queue } = subscription;
  const consumer = components.connection.createConsumer(
    { queue, queueOptions: workQueue(prefix, queue), qos: { prefetchCount: 1 }, concurrency: 1 },
    async ({ body, headers }) => {
      const redeliveries = Number(headers?.['x-delivery-count'] ?? 0);
      const delivery = { ...subscription, text: String(body), redeliveries, signal: ending.signal };
      return statusOf[await deliverMessage(components, delivery)];
    },
  );
  consumer.on('error', (err) =>
    components.log.warn({ queue, err }, 'receiving from RabbitMQ was interrupted'),
  );
  return async () => {
    ending.abort();
    await consumer.close();
  };
}
