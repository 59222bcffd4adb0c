import { CreatedWebhook, pageOf, Webhook } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startReceiver, type WebhookReceiver } from '../../../test/webhook-receiver.ts';
import { type Persona, personas, startTestApi, type TestApi } from '../test-api.ts';

let api: TestApi;
let receiver: WebhookReceiver;
beforeEach(async () => {
  api = await startTestApi();
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  await api.close();
});

interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly payload?: object;
  readonly headers?: Record<string, string>;
  readonly as?: Persona;
}
const ask = (path: string, call: Call = {}) =>
  api.call({ method: 'GET', url: `/v3/webhooks${path}`, ...call });
const create = (changes: object = {}, headers: Record<string, string> = {}) =>
  ask('', { method: 'POST', payload: { name: 'ops', url: receiver.url, ...changes }, headers });
const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
const change = (payload: object, headers: Record<string, string> = {}) =>
  ask('/ops', { method: 'PATCH', payload, headers });

describe('/v3/webhooks', () => {
  it('makes one: 201, where it is, and its secret, in this answer and nowhere else', async () => {
    const answer = await create();
    expect(answer.status).toBe(201);
    const { secret, ...made } = CreatedWebhook.parse(answer.json());
    expect(secret).toMatch(/^whsec_/);
    expect(made).toMatchObject({
      name: 'ops',
      events: ['*'],
      state: 'enabled',
      after: 0,
      requestedBy: 'admin',
    });
    expect(answer.headers).toMatchObject({
      location: `/v3/webhooks/${made.id}`,
      etag: '"1"',
      'cache-control': 'no-store',
    });
    const shown = await Promise.all(['', '/ops', `/${made.id}`].map((path) => ask(path)));
    expect(shown.slice(1).map((one) => one.json())).toEqual([made, made]);
    expect(pageOf(Webhook).parse(shown[0]?.json()).items).toEqual([made]);
    const audit = await api.call({ url: '/v3/audit' });
    expect(audit.json().items[0]).toMatchObject({ route: '/v3/webhooks', target: 'ops', outcome: 'done' });
    const events = await api.call({ url: '/v3/events' });
    const everything = [...shown, audit, events].map(({ text }) => text).join() + JSON.stringify(api.logged);
    expect(everything).not.toContain(secret?.slice('whsec_'.length));
  });

  it.each([24, 25, 63, 64])(
    'takes a secret of %i bytes that is given, and a place to begin',
    async (bytes) => {
      const secret = secretOf(bytes);
      const made = (await create({ secret, after: 7, state: 'disabled', events: ['device.*'] })).json();
      expect(made).toMatchObject({ secret, after: 7, state: 'disabled', reason: 'disabled by admin' });
    },
  );

  it('makes one for one key, and shows the secret again for a while only', async () => {
    const key = { 'idempotency-key': 'k' };
    const first = (await create({}, key)).json();
    expect((await create({}, key)).json()).toEqual(first);
    api.clock.now += 600_000;
    expect((await create({}, key)).json()).toEqual({ ...first, secret: null });
    expect((await create({ events: ['host.*'] }, key)).json()).toMatchObject({
      code: 'idempotency.reused',
      status: 409,
    });
    expect((await create()).json()).toMatchObject({ code: 'webhook.exists', status: 409 });
  });

  it.each([
    [{ name: 'a b' }, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '5f0e9c3e-8a0c-4d0e-9b2f-3f2f6f0f0a11' }, 'name'],
    [{ url: 'http://hooks.example.org/' }, 'conductor.webhookPlainHttp'],
    [{ url: 'https://user:word@hooks.example.org/' }, 'no user and password'],
    [{ url: 'no address' }, 'absolute'],
    [{ events: [] }, 'events'],
    [{ events: ['Device.*'] }, 'events'],
    [{ events: ["device.' or 1=1"] }, 'events'],
    [{ secret: 'whsec_c2hvcnQ=' }, 'secret'],
    [{ secret: 'x'.repeat(40) }, 'secret'],
    [{ secret: secretOf(23) }, 'secret'],
    [{ secret: secretOf(65) }, 'secret'],
    [{ after: -1 }, 'after'],
    [{ state: 'broken' }, 'state'],
    [{ colour: 'red' }, 'colour'],
  ])('refuses %j', async (changes, text) => {
    const answer = await create(changes);
    expect(answer.status).toBe(400);
    expect(answer.json().detail).toContain(text);
    expect((await ask('')).json().items).toEqual([]);
  });

  it('changes one, if it is still as it was, under whatever name', async () => {
    await create();
    const answer = await change({ state: 'disabled', events: ['host.*'] }, { 'if-match': '"1"' });
    expect(answer.headers.etag).toBe('"2"');
    expect(answer.json()).toMatchObject({
      state: 'disabled',
      reason: 'disabled by admin',
      events: ['host.*'],
    });
    expect((await change({ state: 'enabled' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ask('/ops')).headers.etag).toBe('"2"');
    expect((await change({ url: 'https://user@example.org' })).json().code).toBe('webhook.url_refused');
    await create({ name: 'other' });
    expect((await change({ name: 'other' })).json().code).toBe('webhook.exists');
    expect((await change({ name: 'renamed', state: 'enabled' })).json()).toMatchObject({ reason: null });
    expect((await ask('/ops')).json()).toMatchObject({ code: 'webhook.not_found', status: 404 });
  });

  it('rotates the secret without showing either', async () => {
    await create();
    const secret = secretOf(32);
    const answer = await change({ secret });
    expect(Webhook.parse(answer.json()).oldSecretUntil).toBe('2026-01-02T08:57:27.123Z');
    expect(answer.text).not.toContain('whsec_');
    expect(
      (await change({ secret: `${secret.slice(0, -4)}AAA=`, oldSecretValidMs: 0 })).json(),
    ).toMatchObject({
      oldSecretUntil: null,
    });
  });

  it('deletes one, if it is still as it was', async () => {
    const { id } = (await create()).json();
    const remove = (headers: Record<string, string> = {}) => ask(`/${id}`, { method: 'DELETE', headers });
    expect((await remove({ 'if-match': '"9"' })).status).toBe(412);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  it('tests one, disabled or not, and tells what came of it', async () => {
    await create({ state: 'disabled' });
    const test = () => ask('/ops/test', { method: 'POST' });
    expect((await test()).json()).toMatchObject({ delivered: true, status: 204, failure: null });
    expect(receiver.received[0]?.event).toMatchObject({ id: 0, type: 'webhook.test', data: { name: 'ops' } });
    receiver.answer = () => ({ status: 500, body: 'something internal' });
    const failed = await test();
    expect(failed.json()).toMatchObject({
      delivered: false,
      status: 500,
      failure: 'the receiver answered 500',
    });
    expect(failed.text).not.toContain('internal');
    expect((await ask('/ops')).json()).toMatchObject({ failures: 0, lastAttempt: null });
    expect((await ask('/nobody/test', { method: 'POST' })).status).toBe(404);
  });

  it.each([
    ['GET', ''],
    ['POST', ''],
    ['GET', '/ops'],
    ['PATCH', '/ops'],
    ['DELETE', '/ops'],
    ['POST', '/ops/test'],
  ] as const)('%s %s is for administrators', async (method, path) => {
    for (const as of personas) {
      const { status } = await ask(path, { method, as, ...(method === 'PATCH' ? { payload: {} } : {}) });
      expect(status === 403, as).toBe(as !== 'admin');
    }
  });
});
