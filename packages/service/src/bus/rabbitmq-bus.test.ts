import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Command, Fact } from '@cyborgjs/core';
import { Connection } from 'rabbitmq-client';
import { afterEach, describe, expect, it } from 'vitest';
import { hastyComponents, missingRabbitmq, openRabbitmqBus, rabbitmqUrl } from '../../test/test-bus.ts';
import { createRabbitmqBus } from './rabbitmq-bus.ts';
import { commandQueue, factQueue, factQueues } from './rabbitmq-queues.ts';

const goodbye = (host: string, at: number): Fact => ({ kind: 'goodbye', host, agentRun: 1, at });
const admit = (revision: number): Command => ({ kind: 'admit', revision, open: [] });

describe('queues of facts', () => {
  it('give a host always the same queue, and spread hosts over all of them', () => {
    const hosts = Array.from({ length: 200 }, (_, index) => `compute-${index}.example.org`);
    expect(new Set(hosts.map((host) => factQueue('c', host)))).toEqual(new Set(factQueues('c')));
    // Known values: a change would put facts of a running cloud out of order.
    expect(factQueue('cyborg', 'compute-1')).toBe('cyborg.facts.4');
    expect(factQueue('cyborg', 'compute-2')).toBe('cyborg.facts.5');
  });
});

describe.skipIf(missingRabbitmq)(`RabbitMQ${missingRabbitmq ? ` (${missingRabbitmq})` : ''}`, () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  it('rejects with bus.unavailable at the deadline when there is no broker, and closes at once', async () => {
    const init = { url: 'amqp://guest:guest@127.0.0.1:1', sendTimeoutMs: 20_000 };
    const bus = createRabbitmqBus(hastyComponents([]), init);
    await bus.receiveFacts(async () => {});
    expect(bus.isConnected()).toBe(false);
    await expect(bus.sendFact(goodbye('hpc-1', 1))).rejects.toMatchObject({ code: 'bus.unavailable' });
    const begin = performance.now();
    await bus.close();
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it('comes back after the connection was cut, and delivers what was sent meanwhile', async () => {
    const road = await openRoad();
    endings.push(() => road.close());
    const { bus, dispose } = await openRabbitmqBus(road.url);
    endings.push(dispose);
    const seen: number[] = [];
    await bus.receiveFacts(async (fact) => void seen.push(fact.kind === 'goodbye' ? fact.at : -1));
    await bus.sendFact(goodbye('hpc-1', 1));
    road.cut();
    await expect.poll(() => bus.isConnected()).toBe(false);
    await Promise.all([bus.sendFact(goodbye('hpc-1', 2)), bus.sendFact(goodbye('hpc-1', 3))]);
    await expect.poll(() => seen.at(-1), { timeout: 15_000 }).toBe(3);
    // The cut may repeat a message, never lose or swap one.
    expect([...new Set(seen)]).toEqual([1, 2, 3]);
  });

  it('makes the queue anew when it was deleted under it', async () => {
    const prefix = `cyborg-test-${process.pid}-anew`;
    const { bus, dispose } = await openRabbitmqBus(rabbitmqUrl, prefix);
    endings.push(dispose);
    await bus.sendCommand('hpc-1', admit(1));
    const broker = new Connection(rabbitmqUrl);
    await broker.queueDelete({ queue: commandQueue(prefix, 'hpc-1') });
    await broker.close();
    await bus.sendCommand('hpc-1', admit(2));
    const seen: unknown[] = [];
    await bus.receiveCommands('hpc-1', async (command) => void seen.push(command));
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([admit(2)]);
  });

  it('hands a host over to another process, in order and with nothing lost', async () => {
    const prefix = `cyborg-test-${process.pid}-handover`;
    const first = await openRabbitmqBus(rabbitmqUrl, prefix);
    const second = await openRabbitmqBus(rabbitmqUrl, prefix);
    endings.push(first.dispose, () => second.bus.close());
    const seen: string[] = [];
    const note = (who: string) => async (fact: Fact) =>
      void seen.push(`${who} ${fact.kind === 'goodbye' ? fact.at : -1}`);
    await first.bus.receiveFacts(note('first'));
    await first.bus.sendFact(goodbye('hpc-1', 1));
    await expect.poll(() => seen).toEqual(['first 1']);
    await second.bus.receiveFacts(note('second'));
    await first.bus.close();
    await second.bus.sendFact(goodbye('hpc-1', 2));
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['first 1', 'second 2']);
  });
});

/** A TCP road to the broker that can be cut. */
async function openRoad() {
  const target = new URL(rabbitmqUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5672), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(rabbitmqUrl);
  url.port = String((server.address() as AddressInfo).port);
  url.hostname = '127.0.0.1';
  const cut = () => sockets.forEach((socket) => void socket.destroy());
  return {
    url: url.href,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
