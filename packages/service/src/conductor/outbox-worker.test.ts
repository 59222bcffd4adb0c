import { randomBytes } from 'node:crypto';
import type { Command } from '@cyborgjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  newId,
  openTestStore,
  silentLog,
  suiteName,
  type TestClock,
  type TestStore,
  testClock,
  testDatabases,
} from '../../test/test-store.ts';
import type { Bus } from '../bus/bus.ts';
import type { Store } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { createImageLibrary } from './image-library.ts';
import { sendOutbox } from './outbox-worker.ts';

const { leaseMs, retryBaseMs } = defaultConductorSettings;
const cancel = (): Command => ({ kind: 'cancel', operationId: newId() });

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('the outbox', database), () => {
    let opened: TestStore;
    let store: Store;
    let clock: TestClock;
    /** What the bus took, in order. */
    let sent: [host: string, command: Command][];
    beforeAll(async () => {
      opened = await openTestStore(database, { now: () => clock.now() });
      store = opened.store;
    });
    beforeEach(() => {
      clock = testClock();
      sent = [];
    });
    afterEach(() => opened.clear());
    afterAll(() => opened.end());

    /** A worker on a bus of which only sending matters. */
    function worker(
      sendCommand: Bus['sendCommand'] = async (host, command) => void sent.push([host, command]),
    ) {
      const components = {
        store,
        bus: { sendCommand } as Bus,
        nova: null,
        glance: null,
        images: createImageLibrary({ store, glance: null, limitBytes: 1 }),
        claims: null,
        now: clock.now,
        newId,
        random: () => 0,
        randomBytes,
        log: silentLog,
      };
      const context: ConductorContext = {
        ...components,
        pause: async () => {},
        settings: defaultConductorSettings,
      };
      const owner = newId();
      return () => sendOutbox({ owner, to: 'hosts' }, context);
    }
    const add = (destination: string, command: Command, topic: string = newId()) =>
      store.transaction(({ outbox }) => outbox.add({ destination, topic, content: command }));

    it('sends each message once and in order, then is empty', async () => {
      const commands = Array.from({ length: 30 }, cancel);
      for (const command of commands) await add('a', command);
      const round = worker();
      while (await round());
      expect(sent).toEqual(commands.map((command) => ['a', command]));
      expect(await store.outbox.depth()).toEqual({ messages: 0, oldestAt: null });
      expect(await round()).toBe(false);
    });

    it('is emptied by two workers at once without sending anything twice or out of order', async () => {
      const commands = new Map<string, Command[]>();
      for (const host of ['a', 'b', 'c', 'd', 'e'])
        for (let count = 0; count < 6; count += 1) {
          const command = cancel();
          await add(host, command);
          commands.set(host, [...(commands.get(host) ?? []), command]);
        }
      const slowly: Bus['sendCommand'] = async (host, command) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        sent.push([host, command]);
      };
      const drain = async (round: () => Promise<boolean>) => {
        while ((await store.outbox.depth()).messages > 0) {
          await round();
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await Promise.all([drain(worker(slowly)), drain(worker(slowly))]);
      const arrived = Map.groupBy(sent, ([host]) => host);
      for (const [host, wanted] of commands)
        expect(arrived.get(host)?.map(([, command]) => command)).toEqual(wanted);
      expect(sent).toHaveLength(30);
    });

    it('lets a later message of one topic take the place of one that waits', async () => {
      const [first, admission, second, newer] = [cancel(), admit(1), cancel(), admit(2)];
      await add('a', first);
      await add('a', admission, 'admit');
      await add('a', second);
      await add('a', newer, 'admit');
      await worker()();
      expect(sent.map(([, command]) => command)).toEqual([first, second, newer]);
    });

    it('keeps what replaced a message while that was being sent', async () => {
      await add('a', admit(1), 'admit');
      const round = worker(async (host, command) => {
        if (sent.length === 0) await add('a', admit(2), 'admit');
        sent.push([host, command]);
      });
      while (await round());
      expect(sent.map(([, command]) => command)).toEqual([admit(1), admit(2)]);
    });

    it('puts off everything for one destination while the bus is away, and nothing for another', async () => {
      const [first, second, other] = [cancel(), cancel(), cancel()];
      await add('a', first);
      await add('a', second);
      await add('b', other);
      let away = true;
      const round = worker(async (host, command) => {
        if (away && host === 'a') throw new Error('the bus is away');
        sent.push([host, command]);
      });
      while (await round());
      expect(sent).toEqual([['b', other]]);
      away = false;
      expect(await round()).toBe(false);
      expect(sent).toHaveLength(1);
      clock.advance(retryBaseMs);
      while (await round());
      expect(sent.slice(1)).toEqual([
        ['a', first],
        ['a', second],
      ]);
    });

    it('is taken over from a worker that died, when its lease has run out', async () => {
      const command = cancel();
      await add('a', command);
      const dying = worker(() => new Promise<void>(() => {}));
      void dying();
      await leased();
      const next = worker();
      await next();
      expect(sent).toEqual([]);
      clock.advance(leaseMs);
      await next();
      expect(sent).toEqual([['a', command]]);
    });

    /** Resolves when somebody has leased destination `a`. */
    async function leased() {
      while ((await store.outbox.listDue(clock.now(), { to: 'hosts', limit: 1 })).length > 0)
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
});

const admit = (revision: number): Command => ({ kind: 'admit', revision, open: [] });
