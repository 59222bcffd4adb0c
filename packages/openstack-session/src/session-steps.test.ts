import { describe, expect, it } from 'vitest';
import { aSession } from '../test/a-session.ts';
import { type Script, startScriptedServer } from '../test/scripted-server.ts';
import type { AuthProvider } from './auth/auth-provider.ts';
import { httpBasic } from './auth/http-basic.ts';
import type { Attempt, Interceptor } from './http/http-message.ts';
import type { CallEvent, RetryEvent } from './http/session-hooks.ts';

const fine: Script = { status: 200, body: {} };

/** Tokens `own-1`, `own-2` and so on; another one after each refusal. */
function aProvider(name: string): AuthProvider & { readonly refused: string[] } {
  const refused: string[] = [];
  let issued = 1;
  return {
    refused,
    headers: async () => ({ 'x-auth-token': `${name}-${issued}` }),
    invalidate: ({ 'x-auth-token': token = '' }) => {
      refused.push(token);
      issued += 1;
    },
  };
}

describe('the steps of a session', () => {
  it('run own interceptors first, which see each call once and may change it', async () => {
    const seen: string[] = [];
    const tag: Interceptor = (next) => async (message) => {
      seen.push(`${message.method} ${'x-auth-token' in message.headers}`);
      const answer = await next({ ...message, headers: { ...message.headers, 'x-tag': 'mine' } });
      seen.push(String(answer.status));
      return answer;
    };
    const { get, server } = await aSession((_, index) => (index === 0 ? { status: 503 } : fine), {
      interceptors: [tag],
    });
    await get();
    expect(seen).toEqual(['GET false', '200']);
    expect(server.seen.map(({ headers }) => headers['x-tag'])).toEqual(['mine', 'mine']);
  });

  it('tell hooks of every attempt, wait and call, without secrets, and survive what hooks throw', async () => {
    const attempts: Attempt[] = [];
    const retries: RetryEvent[] = [];
    const calls: CallEvent[] = [];
    const { get } = await aSession((_, index) => (index === 0 ? { status: 503 } : fine), {
      hooks: {
        attempt: (event) => attempts.push(event),
        retry: (event) => retries.push(event),
        call: (event) => {
          calls.push(event);
          throw new Error('a hook in trouble');
        },
      },
    });
    await get({ query: { password: 'query-secret' } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual([503, 200]);
    expect(retries).toMatchObject([{ after: { outcome: 503 }, waitMs: 100 }]);
    expect(calls).toMatchObject([{ service: 'placement', method: 'GET', status: 200, tried: 2 }]);
    expect(JSON.stringify([attempts, retries, calls])).not.toContain('secret');
  });

  it('tell the hook of a call that got no answer', async () => {
    const calls: CallEvent[] = [];
    const { get } = await aSession(() => 'never', { hooks: { call: (event) => calls.push(event) } });
    await expect(get({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'session.deadline_exceeded' });
    expect(calls).toMatchObject([{ error: { code: 'session.deadline_exceeded' }, tried: 1 }]);
  });

  it.each([
    ['placement', 'placement 1.39', {}],
    ['volumev3', 'volume 1.39', {}],
    ['compute', 'compute 1.39', { 'x-openstack-nova-api-version': '1.39' }],
  ])('say a microversion to %s as it wants it', async (service, header, older) => {
    const { session, server } = await aSession(() => fine);
    await session.request({ service, method: 'GET', path: '/', microversion: '1.39' });
    expect(server.seen[0]?.headers).toMatchObject({ 'openstack-api-version': header, ...older });
  });

  it('leave a microversion alone that the caller says in a header', async () => {
    const { get, server } = await aSession(() => fine, { services: () => ({ microversion: '1.1' }) });
    await get({ headers: { 'OpenStack-API-Version': 'placement 1.2' } });
    await get();
    expect(server.seen.map(({ headers }) => headers['openstack-api-version'])).toEqual([
      'placement 1.2',
      'placement 1.1',
    ]);
  });

  it('send the token of a service along, and get both anew after a refusal', async () => {
    const [user, service] = [aProvider('user'), aProvider('service')];
    const target = await startScriptedServer((_, index) => (index === 0 ? { status: 401 } : fine));
    const { get } = await aSession(() => fine, {
      auth: user,
      serviceAuth: service,
      endpointOverrides: { placement: target.url },
    });
    await get();
    const tokens = target.seen.map(({ headers }) => [headers['x-auth-token'], headers['x-service-token']]);
    expect(tokens).toEqual([
      ['user-1', 'service-1'],
      ['user-2', 'service-2'],
    ]);
    expect([user.refused, service.refused]).toEqual([['user-1'], ['service-1']]);
    await target.close();
  });

  it('never repeat more than once after refusals, however many tokens there are', async () => {
    const auth = aProvider('user');
    const target = await startScriptedServer(() => ({ status: 401, body: 'no' }));
    const { get } = await aSession(() => fine, { auth, endpointOverrides: { placement: target.url } });
    await expect(get()).rejects.toMatchObject({ status: 401, tried: 2 });
    expect(target.seen).toHaveLength(2);
    await target.close();
  });

  it('end in time while no token comes, whatever is asked', async () => {
    const silent: AuthProvider = {
      headers: async (signal) => {
        signal.throwIfAborted();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      invalidate: () => {},
      endpoint: (_, signal) => silent.headers(signal).then(String),
      identity: (signal) => silent.headers(signal).then(() => undefined),
    };
    const { session, get } = await aSession(() => fine, { auth: silent, timeoutMs: 50 });
    const late = { code: 'session.deadline_exceeded', kind: 'unavailable', tried: 0 };
    await expect(get()).rejects.toMatchObject(late);
    await expect(session.endpoint('placement')).rejects.toMatchObject(late);
    await expect(session.identity()).rejects.toMatchObject(late);
    await expect(session.identity(AbortSignal.abort('not wanted'))).rejects.toBe('not wanted');
  });

  it('send user and password where that is asked for', async () => {
    const server = await startScriptedServer(() => fine);
    const auth = httpBasic({ username: 'u', password: 'pä', endpoint: server.url });
    const other = await aSession(() => fine, { auth });
    await other.get();
    await server.close();
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:pä').toString('base64')}`);
  });
});
