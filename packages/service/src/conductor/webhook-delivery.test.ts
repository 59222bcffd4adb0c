import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryDatabase } from '../../test/test-store.ts';
import { webhookBench } from '../../test/webhook-bench.ts';
import { type ReceivedMessage, startReceiver } from '../../test/webhook-receiver.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { webhookHeaders } from './sign-webhook.ts';

const { webhookRetryBaseMs, webhookGiveUpMs } = defaultConductorSettings;
const noSignal = new AbortController().signal;
const idOf = ({ headers }: ReceivedMessage) => headers['webhook-id'];

describe('deliveries of webhooks', () => {
  const bench = webhookBench(memoryDatabase);

  it('repeats what is not taken, under the same id, later and later, and nothing overtakes it', async () => {
    bench.receiver.answer = (_, before) => (before < 2 ? { status: 500 } : {});
    const { id } = await bench.hook();
    await bench.happen(3);
    const one = bench.worker();
    await bench.work('it has failed', async () => (await bench.shown(id)).failures === 1, one);
    expect(await bench.shown(id)).toMatchObject({
      failingSince: new Date(bench.clock.now()).toISOString(),
      nextAttemptAt: new Date(bench.clock.now() + webhookRetryBaseMs).toISOString(),
      lastAttempt: { outcome: 'failed', status: 500, failure: 'the receiver answered 500' },
    });
    bench.clock.advance(webhookRetryBaseMs - 1);
    await one.round();
    expect(bench.numbers()).toEqual([1]);
    bench.clock.advance(1);
    await bench.work('it has failed again', async () => (await bench.shown(id)).failures === 2, one);
    bench.clock.advance(2 * webhookRetryBaseMs);
    await bench.work('all is delivered', () => bench.isDone(id), one);
    expect(bench.numbers()).toEqual([1, 1, 1, 2, 3]);
    expect(new Set(bench.receiver.received.slice(0, 3).map(idOf)).size).toBe(1);
    expect(await bench.shown(id)).toMatchObject({ failures: 0, failingSince: null, nextAttemptAt: null });
  });

  it('waits for a slow receiver so long and no longer, while others get theirs', async () => {
    const quick = await startReceiver();
    bench.receiver.answer = () => ({ afterMs: 600 });
    const slow = await bench.hook();
    const other = await bench.hook({ name: 'quick', url: quick.url.replace('127.0.0.1', 'localhost') });
    await bench.happen(2);
    const one = bench.worker(bench.context({ webhookTimeoutMs: 250 }));
    await one.round();
    await bench.work('the quick one has all', () => bench.isDone(other.id), one);
    expect((await bench.shown(slow.id)).failures).toBe(0);
    await bench.work('the slow one has failed', async () => (await bench.shown(slow.id)).failures === 1, one);
    expect(await bench.shown(slow.id)).toMatchObject({
      lastAttempt: { status: null, failure: 'no answer within 250 ms' },
    });
    await quick.close();
  });

  it('leaves a conductor that stops with nothing to repeat', async () => {
    bench.receiver.answer = () => ({ afterMs: 20 });
    const { id } = await bench.hook();
    await bench.happen(20);
    const one = bench.worker();
    await bench.work('some are sent', () => bench.receiver.received.length >= 3, one);
    await one.stop();
    const next = bench.worker();
    await bench.work('all is delivered', () => bench.isDone(id), next);
    expect(bench.numbers()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('is disabled by 410 at once, and by nothing but failures after days; an event says so', async () => {
    bench.receiver.answer = ({ headers }) => ({
      status: headers['webhook-id']?.includes(gone.id) ? 410 : 500,
    });
    const gone = await bench.hook();
    const dead = await bench.hook({ name: 'dead', url: `${bench.receiver.url}/dead` });
    await bench.happen(1);
    const one = bench.worker();
    await bench.work(
      'both have failed',
      async () => (await bench.shown(dead.id)).failures + (await bench.shown(gone.id)).failures === 2,
      one,
    );
    bench.clock.advance(webhookGiveUpMs);
    await bench.work('it is given up', async () => (await bench.shown(dead.id)).state === 'disabled', one);
    expect(await bench.shown(gone.id)).toMatchObject({
      state: 'disabled',
      reason: expect.stringContaining('410'),
    });
    expect(await bench.shown(dead.id)).toMatchObject({
      reason: expect.stringContaining('in 2 attempts'),
      nextAttemptAt: null,
    });
    const told = await bench.store.events.list({ after: 0, types: ['webhook.disabled'], limit: 9 });
    expect(told.map(({ subject }) => subject)).toEqual([gone.id, dead.id]);
    await one.round();
    expect(bench.receiver.received).toHaveLength(3);
  });

  it('goes on where it stopped when it is enabled again, or behind what was left out', async () => {
    bench.receiver.answer = () => ({ status: 410 });
    const { id } = await bench.hook();
    await bench.happen(4);
    const one = bench.worker();
    await bench.work('it is disabled', async () => (await bench.shown(id)).state === 'disabled', one);
    bench.receiver.answer = () => ({});
    const { after } = await bench.shown(id);
    const { changeWebhook } = bench.intents;
    await changeWebhook({ webhook: 'ops', requestedBy: 'root', state: 'enabled', after: after + 2 });
    await bench.work('all is delivered', () => bench.isDone(id), one);
    expect(bench.numbers()).toEqual([1, 2, 3, 4]);
    expect(await bench.shown(id)).toMatchObject({
      reason: null,
      failures: 0,
      lastAttempt: { outcome: 'delivered' },
    });
  });

  it('forgets what was under way when it is changed meanwhile', async () => {
    bench.receiver.answer = () => ({ afterMs: 100, status: 410 });
    const { id } = await bench.hook();
    await bench.happen(1);
    const one = bench.worker();
    await bench.work('it is sent', () => bench.receiver.received.length === 1, one);
    bench.receiver.answer = () => ({});
    await bench.intents.changeWebhook({ webhook: id, requestedBy: 'root', events: ['*'] });
    await bench.work('all is delivered', () => bench.isDone(id), one);
    expect((await bench.shown(id)).state).toBe('enabled');
    expect(bench.receiver.received.map(({ event }) => event.type)).toContain('webhook.changed');
  });

  it('follows no redirect, reads no endless answer, and tells of an address that refuses', async () => {
    const elsewhere = await startReceiver();
    bench.receiver.answer = (_, before) =>
      before === 0
        ? { status: 302, headers: { location: elsewhere.url } }
        : { status: 200, body: 'x'.repeat(20_000_000) };
    const { id } = await bench.hook();
    const refusing = await bench.hook({ name: 'refusing', url: elsewhere.url.replace(/:\d+/, ':1') });
    await bench.happen(1);
    const one = bench.worker();
    await bench.work(
      'both have failed',
      async () => (await bench.shown(refusing.id)).failures + (await bench.shown(id)).failures === 2,
      one,
    );
    expect((await bench.shown(id)).lastAttempt?.failure).toContain('redirects are not followed');
    expect((await bench.shown(refusing.id)).lastAttempt?.failure).toContain('ECONNREFUSED');
    bench.clock.advance(webhookRetryBaseMs);
    await bench.work('it is delivered', () => bench.isDone(id), one);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  it('signs with the old secret too for a while after a new one', async () => {
    const { id, secret } = await bench.hook();
    const fresh = `whsec_${randomBytes(32).toString('base64')}`;
    const { changeWebhook, testWebhook } = bench.intents;
    const rotate = () =>
      changeWebhook({ webhook: id, requestedBy: 'root', secret: fresh, oldSecretValidMs: 1_000 });
    await rotate();
    // Whoever has lost the answer asks again.
    await rotate();
    await testWebhook(id, noSignal);
    bench.clock.advance(1_000);
    await testWebhook(id, noSignal);
    const signatures = bench.receiver.received.map(({ headers, body }, index) => {
      const secrets = index === 0 ? [fresh, secret] : [fresh];
      const message = { id: String(headers['webhook-id']), body, secrets };
      const wanted = webhookHeaders(message, Number(headers['webhook-timestamp']) * 1000);
      return [headers['webhook-signature'], wanted['webhook-signature']];
    });
    expect(signatures).toHaveLength(2);
    for (const [got, wanted] of signatures) expect(got).toBe(wanted);
  });
});
