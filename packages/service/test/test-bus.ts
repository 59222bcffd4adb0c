import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import type { Bus } from '../src/bus/bus.ts';
import type { BusComponents } from '../src/bus/bus-components.ts';
import { createMemoryBus } from '../src/bus/memory-bus.ts';
import { createRabbitmqBus } from '../src/bus/rabbitmq-bus.ts';
import { commandQueue, deadLetterQueue, factQueues } from '../src/bus/rabbitmq-queues.ts';

/** A bus for one test, with what the test wants to see of it. */
export interface TestBus {
  readonly bus: Bus;
  /** Texts of the warnings so far. */
  readonly warnings: readonly string[];
  /** How many messages were put away. */
  deadLetters(): Promise<number>;
  /** Closes it and removes its queues. */
  dispose(): Promise<void>;
}

/** The hosts that tests of the bus may use; their queues are removed afterwards. */
export const testHosts = ['hpc-1', 'hpc-2'];

/** RabbitMQ for the suites. */
export const rabbitmqUrl = process.env.CYBORG_TEST_RABBITMQ_URL ?? 'amqp://guest:guest@127.0.0.1:5672';

/** Why RabbitMQ cannot be tested here; undefined when it can. */
export const missingRabbitmq = (await listens(rabbitmqUrl))
  ? undefined
  : `no RabbitMQ at ${new URL(rabbitmqUrl).host}; set CYBORG_TEST_RABBITMQ_URL`;

if (missingRabbitmq !== undefined && process.env.CYBORG_REQUIRE_BACKENDS === '1')
  throw new Error(`${missingRabbitmq} (CYBORG_REQUIRE_BACKENDS is 1)`);

/** Both buses, for suites that must hold for either. */
export const busFlavours = [
  { name: 'memory', open: openMemoryBus, missing: undefined },
  { name: 'rabbitmq', open: openRabbitmqBus, missing: missingRabbitmq },
];

/** Components whose pauses take a hundredth of the time asked for. */
export function hastyComponents(warnings: string[]): BusComponents {
  return {
    sleep: (ms, signal) => setTimeout(ms / 100, undefined, { signal }),
    log: { info: () => {}, warn: (_facts, message) => void warnings.push(message) },
  };
}

async function openMemoryBus(): Promise<TestBus> {
  const warnings: string[] = [];
  const bus = createMemoryBus(hastyComponents(warnings));
  const deadLetters = async () => warnings.filter((text) => text === 'message given up').length;
  return { bus, warnings, deadLetters, dispose: () => bus.close() };
}

/** A bus with queues of its own. Its deadline for sending is ten seconds, in hasty time. */
export async function openRabbitmqBus(
  url = rabbitmqUrl,
  prefix = `cyborg-test-${randomBytes(6).toString('hex')}`,
): Promise<TestBus> {
  const warnings: string[] = [];
  const bus = createRabbitmqBus(hastyComponents(warnings), { url, prefix, sendTimeoutMs: 1_000_000 });
  const deadLetters = () =>
    withBroker(async (broker) => {
      const { messageCount } = await broker.queueDeclare({ ...deadLetterQueue(prefix), passive: true });
      return messageCount;
    });
  const dispose = async () => {
    await bus.close();
    await deleteQueues(prefix);
  };
  return { bus, warnings, deadLetters, dispose };
}

/** Removes every queue that a test bus of this prefix may have made. */
export async function deleteQueues(prefix: string): Promise<void> {
  const queues = [
    deadLetterQueue(prefix).queue,
    ...factQueues(prefix),
    ...testHosts.map((host) => commandQueue(prefix, host)),
  ];
  await withBroker((broker) => Promise.all(queues.map((queue) => broker.queueDelete({ queue }))));
}

async function withBroker<Result>(work: (broker: Connection) => Promise<Result>): Promise<Result> {
  const broker = new Connection(rabbitmqUrl);
  try {
    return await work(broker);
  } finally {
    await broker.close();
  }
}

async function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port || 5672), timeout: 2_000 });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
