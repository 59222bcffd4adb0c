import { Command, CyborgError, Fact } from '@cyborgjs/core';
import type { Bus, Unsubscribe } from './bus.ts';
import type { BusComponents } from './bus-components.ts';
import { MemoryLane } from './memory-lane.ts';
import { MemorySubscriber } from './memory-subscriber.ts';

/**
 * A bus within one process, for `cyborgd all` and tests. It behaves as the real one does: messages travel as
 * JSON and are parsed on arrival, wait while nobody takes them, and come again when their handler rejects. What
 * it holds dies with the process; conductor and agent both send again what was not ended.
 */
export function createMemoryBus(components: BusComponents): Bus {
  const commandSubscribers = new Map<string, MemorySubscriber<Command>[]>();
  const factSubscribers: MemorySubscriber<Fact>[] = [];
  const commands = new Map<string, MemoryLane<Command>>();
  const facts = new Map<string, MemoryLane<Fact>>();
  const endings = new Set<Unsubscribe>();
  let isClosed = false;

  const subscribersOf = (host: string) => entryOf(commandSubscribers, host, () => []);
  const commandLane = (host: string) =>
    entryOf(commands, host, () => {
      const nextSubscriber = () => subscribersOf(host)[0];
      return new MemoryLane(components, { name: `commands.${host}`, schema: Command, nextSubscriber });
    });
  const factLane = (host: string) =>
    entryOf(facts, host, () => {
      const nextSubscriber = () => rotate(factSubscribers);
      return new MemoryLane(components, { name: `facts.${host}`, schema: Fact, nextSubscriber });
    });

  const requireOpen = () => {
    if (isClosed) throw new CyborgError('bus.unavailable', 'The bus is closed; this process is stopping.');
  };
  const remember = (unsubscribe: Unsubscribe): Unsubscribe => {
    endings.add(unsubscribe);
    return unsubscribe;
  };

  return {
    async sendCommand(host, command) {
      requireOpen();
      commandLane(host).push(command);
    },
    async receiveCommands(host, handle) {
      requireOpen();
      return remember(subscribe(subscribersOf(host), handle, [commandLane(host)]));
    },
    async sendFact(fact) {
      requireOpen();
      factLane(fact.host).push(fact);
    },
    async receiveFacts(handle) {
      requireOpen();
      return remember(subscribe(factSubscribers, handle, facts.values()));
    },
    isConnected: () => !isClosed,
    async close() {
      isClosed = true;
      await Promise.all([...endings].map((unsubscribe) => unsubscribe()));
    },
  };
}

/** Adds a subscriber to those of some lanes, and sets the lanes going. */
function subscribe<Message>(
  subscribers: MemorySubscriber<Message>[],
  handle: (message: Message) => Promise<void>,
  lanes: Iterable<MemoryLane<Message>>,
): Unsubscribe {
  const subscriber = new MemorySubscriber(handle);
  subscribers.push(subscriber);
  for (const lane of lanes) lane.wake();
  return async () => {
    const index = subscribers.indexOf(subscriber);
    if (index >= 0) subscribers.splice(index, 1);
    await subscriber.end();
  };
}

/** The first of a list, moved to its end. */
function rotate<Item>(items: Item[]): Item | undefined {
  const first = items.shift();
  if (first !== undefined) items.push(first);
  return first;
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
