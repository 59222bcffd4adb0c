import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Bus } from '../src/bus/bus.ts';
import type { ConductorContext } from '../src/conductor/conductor.ts';
import { type ConductorSettings, defaultConductorSettings } from '../src/conductor/conductor-settings.ts';
import { createImageLibrary } from '../src/conductor/image-library.ts';
import { type CreateWebhookRequest, type WebhookIntents, webhookIntents } from '../src/conductor/webhook.ts';
import { createWebhookWorker, type WebhookWorker } from '../src/conductor/webhook-worker.ts';
import type { Store } from '../src/store/store.ts';
import type { StoredWebhook } from '../src/store/webhook.ts';
import {
  newId,
  openTestStore,
  silentLog,
  type TestDatabase,
  type TestStore,
  testClock,
} from './test-store.ts';
import { until } from './until.ts';
import { startReceiver, type WebhookReceiver } from './webhook-receiver.ts';

/** A store, a receiver, and workers between them; fresh for each test of a suite. */
export interface WebhookBench {
  readonly store: Store;
  readonly clock: ReturnType<typeof testClock>;
  readonly receiver: WebhookReceiver;
  readonly intents: WebhookIntents;
  context(settings?: Partial<ConductorSettings>, onStore?: Store): ConductorContext;
  /** A worker that stops with the test. */
  worker(context?: ConductorContext): WebhookWorker;
  /** Makes one for `device.*`, called `ops`, unless told otherwise. */
  hook(changes?: Partial<CreateWebhookRequest>): Promise<{ readonly id: string; readonly secret: string }>;
  /** Stores events, numbered from 1. */
  happen(count: number, type?: string): Promise<void>;
  /** Lets workers work until something is so. */
  work(what: string, isSo: () => boolean | Promise<boolean>, ...some: WebhookWorker[]): Promise<void>;
  shown(which: string): Promise<StoredWebhook>;
  /** Whether everything is delivered that there is. */
  isDone(which: string): Promise<boolean>;
  /** The numbers of the events that were received. */
  numbers(): unknown[];
}

/** Declares the bench of a suite. */
export function webhookBench(database: TestDatabase): WebhookBench {
  let opened: TestStore;
  let clock = testClock();
  let receiver: WebhookReceiver;
  const workers: WebhookWorker[] = [];
  beforeAll(async () => {
    opened = await openTestStore(database, { now: () => clock.now() });
  });
  beforeEach(async () => {
    clock = testClock();
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await receiver.close();
    await clear(opened.store);
  });
  afterAll(() => opened.end());

  const bench: WebhookBench = {
    get store() {
      return opened.store;
    },
    get clock() {
      return clock;
    },
    get receiver() {
      return receiver;
    },
    get intents() {
      return webhookIntents(bench.context());
    },
    context: (settings, store = opened.store) => contextOf({ settings, store, now: () => clock.now() }),
    worker(context = bench.context()) {
      const made = createWebhookWorker(context, () => {});
      workers.push(made);
      return made;
    },
    async hook(changes = {}) {
      const request = { name: 'ops', url: receiver.url, events: ['device.*'], state: 'enabled' as const };
      const made = await bench.intents.createWebhook({ ...request, requestedBy: 'root', ...changes });
      return { id: made.webhook.id, secret: made.secret ?? '' };
    },
    async happen(count, type = 'device.state') {
      await opened.store.transaction(async ({ events }) => {
        for (let number = 1; number <= count; number += 1)
          events.add({ type, subject: `d${number}`, host: null, data: { number } });
      });
    },
    async work(what, isSo, ...some) {
      const look = async () => {
        for (const one of some) await one.round();
        return isSo();
      };
      await until(what, look, 20_000);
    },
    shown: (which) => opened.store.webhooks.get(which),
    isDone: async (which) => (await bench.shown(which)).after === (await opened.store.events.latestId()),
    numbers: () => receiver.received.map(({ event }) => event.data.number),
  };
  return bench;
}

/** Events keep their numbers: a webhook begins behind what was before. */
async function clear(store: Store): Promise<void> {
  const { items } = await store.webhooks.list();
  const events = await store.events.list({ after: 0, limit: 1000 });
  await store.transaction(async (transaction) => {
    for (const { id } of items) await transaction.webhooks.remove(id);
    await transaction.events.remove(events.map(({ id }) => id));
  });
}

interface Parts {
  readonly settings: Partial<ConductorSettings> | undefined;
  readonly store: Store;
  readonly now: () => number;
}

function contextOf({ settings, store, now }: Parts): ConductorContext {
  return {
    store,
    now,
    bus: {} as Bus,
    ...{ nova: null, glance: null, claims: null, random: () => 0 },
    images: createImageLibrary({ store, glance: null, limitBytes: 1 }),
    newId,
    randomBytes,
    log: silentLog,
    pause: async () => {},
    settings: { ...defaultConductorSettings, ...settings },
  };
}
