import { describe, expect, it } from 'vitest';
import { suiteName, testDatabases } from '../../test/test-store.ts';
import { webhookBench } from '../../test/webhook-bench.ts';
import type { ReceivedMessage } from '../../test/webhook-receiver.ts';
import type { Store } from '../store/store.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { webhookHeaders } from './sign-webhook.ts';
import { sweep } from './sweep-worker.ts';
import { createWebhookWorker } from './webhook-worker.ts';

const { webhookTimeoutMs, historyRetentionMs } = defaultConductorSettings;
const idOf = ({ headers }: ReceivedMessage) => headers['webhook-id'];

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('the worker of webhooks', database), () => {
    const bench = webhookBench(database);

    it('sends what happens from then on: signed, in order, each once, and nothing else', async () => {
      await bench.happen(1);
      const { id, secret } = await bench.hook();
      const { after } = await bench.shown(id);
      await bench.happen(60);
      await bench.happen(3, 'host.up');
      const one = bench.worker();
      await bench.work('all is delivered', () => bench.isDone(id), one);
      expect(bench.numbers()).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
      const [first] = bench.receiver.received;
      const [event] = await bench.store.events.list({ after, types: ['device.*'], limit: 1 });
      expect(first?.event).toEqual(event);
      const message = { id: `${id}_${event?.id}`, body: first?.body ?? '', secrets: [secret] };
      expect(first?.headers).toMatchObject(webhookHeaders(message, bench.clock.now()));
      expect(new Set(bench.receiver.received.map(idOf)).size).toBe(60);
      expect(await bench.shown(id)).toMatchObject({
        failures: 0,
        lastAttempt: { outcome: 'delivered', status: 204, failure: null },
        lastDeliveredAt: new Date(bench.clock.now()).toISOString(),
      });
    });

    it('is taken over from a conductor that died after a delivery, and repeats at most that one', async () => {
      const { id } = await bench.hook();
      await bench.happen(6);
      let stored = 0;
      const dying: Store = {
        ...bench.store,
        // Claim, then one for each delivery: the third is sent and not stored.
        transaction: (run) => (++stored > 3 ? new Promise(() => {}) : bench.store.transaction(run)),
      };
      const dead = createWebhookWorker(bench.context({}, dying), () => {});
      await bench.work('three are sent', () => bench.receiver.received.length === 3, dead);
      const next = bench.worker();
      await next.round();
      expect(bench.numbers()).toEqual([1, 2, 3]);
      bench.clock.advance(webhookTimeoutMs + 5_000);
      await bench.work('all is delivered', () => bench.isDone(id), next);
      expect(bench.numbers()).toEqual([1, 2, 3, 3, 4, 5, 6]);
      const [, , third, again] = bench.receiver.received.map(idOf);
      expect(again).toBe(third);
    });

    it('is delivered by one of two conductors at a time: once, and in order', async () => {
      bench.receiver.answer = () => ({ afterMs: 1 });
      const [first, second] = [
        await bench.hook(),
        await bench.hook({ name: 'second', url: `${bench.receiver.url}/second` }),
      ];
      await bench.happen(24);
      const bothDone = async () => (await bench.isDone(first.id)) && (await bench.isDone(second.id));
      await bench.work('all is delivered', bothDone, bench.worker(), bench.worker());
      const inOrder = Array.from({ length: 24 }, (_, index) => index + 1);
      for (const { id } of [first, second]) {
        const own = bench.receiver.received.filter((message) => idOf(message)?.toString().startsWith(id));
        expect(own.map(({ event }) => event.data.number)).toEqual(inOrder);
      }
    });

    it('says how many events are gone that it did not get, and an event says that there were some', async () => {
      const { id } = await bench.hook({ state: 'disabled' });
      const other = await bench.hook({ name: 'other', events: ['host.*'] });
      await bench.happen(3);
      await bench.happen(1, 'host.up');
      const one = bench.worker();
      await bench.work('the other has its own', () => bench.receiver.received.length === 1, one);
      await bench.work('the other is done', () => bench.isDone(other.id), one);
      bench.clock.advance(historyRetentionMs + 1);
      await sweep(bench.clock.now(), bench.context());
      expect(await bench.shown(id)).toMatchObject({
        eventsLost: 3,
        lastLostAt: new Date(bench.clock.now()).toISOString(),
      });
      expect(await bench.shown(other.id)).toMatchObject({ eventsLost: 0, lastLostAt: null });
      const told = async () =>
        (await bench.store.events.list({ after: 0, types: ['webhook.events_lost'], limit: 9 })).map(
          ({ subject }) => subject,
        );
      expect(await told()).toEqual([id]);
      await bench.happen(2);
      bench.clock.advance(historyRetentionMs + 1);
      await sweep(bench.clock.now(), bench.context());
      expect((await bench.shown(id)).eventsLost).toBe(5);
      // Once is enough until something is delivered: a webhook that nobody looks after would go on for ever.
      expect(await told()).toEqual([]);
    });
  });
});
