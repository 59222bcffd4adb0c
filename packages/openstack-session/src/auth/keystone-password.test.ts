import { afterEach, describe, expect, it } from 'vitest';
import { type SeenRequest, startScriptedServer } from '../../test/scripted-server.ts';
import { createSession } from '../session.ts';
import { type KeystonePasswordOptions, keystonePassword } from './keystone-password.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Keystone and one service behind it on one server; the service accepts only the latest token. */
async function aCloud(options: Partial<KeystonePasswordOptions> = {}) {
  const state = { issued: 0, accepted: 0, password: 'pw', keystoneUp: true, lifetimeMs: 3_600_000 };
  const server = await startScriptedServer((request) => {
    if (request.url === '/v3/auth/tokens') return authenticate(request);
    if (request.headers['x-auth-token'] === `token-${state.accepted}`) return { status: 200, body: {} };
    return { status: 401, body: { error: { code: 401, message: 'bad token' } } };
  });
  function authenticate(request: SeenRequest) {
    if (!state.keystoneUp) return { status: 503, body: 'down' };
    const { user } = JSON.parse(request.body).auth.identity.password;
    if (user.password !== state.password)
      return {
        status: 401,
        body: { error: { code: 401, message: 'wrong password', title: 'Unauthorized' } },
      };
    state.accepted = ++state.issued;
    // Keystone's clock is a year off; only the difference counts.
    const issued = Date.UTC(2031, 0, 1);
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${state.issued}` },
      body: {
        token: {
          issued_at: new Date(issued).toISOString().replace('Z', '000Z'),
          expires_at: new Date(issued + state.lifetimeMs).toISOString(),
          catalog: [
            { type: 'placement', endpoints: [{ interface: 'public', region_id: 'one', url: server.url }] },
          ],
        },
      },
    };
  }
  const clock = { now: 0 };
  const auth = keystonePassword({
    authUrl: server.url,
    username: 'cyborg',
    password: 'pw',
    userDomainName: 'Default',
    projectName: 'service',
    projectDomainName: 'Default',
    now: () => clock.now,
    sleep: async () => {},
    ...options,
  });
  const session = createSession({ auth, sleep: async () => {}, connections: 32 });
  cleanups.push(
    () => server.close(),
    () => session.close(),
  );
  const get = () => session.request({ service: 'placement', method: 'GET', path: '/' });
  const logins = () => server.seen.filter(({ url }) => url === '/v3/auth/tokens');
  return { state, server, session, get, logins, clock };
}

describe('keystone password', () => {
  it('asks for a token scoped to the project, and finds the service in its catalog', async () => {
    const { get, logins } = await aCloud();
    expect((await get()).status).toBe(200);
    await get();
    expect(logins()).toHaveLength(1);
    expect(JSON.parse(logins()[0]?.body ?? '')).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'cyborg', domain: { name: 'Default' }, password: 'pw' } },
        },
        scope: { project: { name: 'service', domain: { name: 'Default' } } },
      },
    });
  });

  it('accepts an address that ends in /v3', async () => {
    const { get, server } = await aCloud();
    await get();
    const auth = keystonePassword({ authUrl: `${server.url}/v3/`, userId: 'u', password: 'pw' });
    cleanups.push(async () => auth.close?.());
    expect(await auth.headers(new AbortController().signal)).toEqual({ 'x-auth-token': 'token-2' });
  });

  it('answers 20 refusals at once with one renewal and one repeat each', async () => {
    const { state, server, get, logins } = await aCloud();
    await get();
    state.accepted = 0;
    const before = server.seen.length;
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(logins()).toHaveLength(2);
    expect(server.seen.length - before).toBe(41);
  });

  it('surfaces a second refusal after exactly one repeat', async () => {
    const { state, server, get } = await aCloud();
    await get();
    const before = server.seen.length;
    Object.defineProperty(state, 'accepted', { get: () => -1, set: () => {} });
    await expect(get()).rejects.toMatchObject({
      status: 401,
      kind: 'forbidden',
      detail: 'bad token',
      tried: 2,
    });
    expect(server.seen.length - before).toBe(3);
  });

  it('renews by the lifetime on its own clock, whatever the time at Keystone', async () => {
    const { get, logins, clock } = await aCloud();
    await get();
    clock.now += 3_600_000 - 120_001;
    await get();
    expect(logins()).toHaveLength(1);
    clock.now += 1;
    await get();
    expect(logins()).toHaveLength(2);
  });

  it('says whose credentials were refused, and never the password', async () => {
    const { get } = await aCloud({ password: 'a-wrong-secret' });
    const error = await get().catch((caught) => caught);
    expect(error).toMatchObject({ code: 'session.authentication_failed', kind: 'forbidden', status: 401 });
    expect(error.message).toContain('"cyborg"');
    expect(JSON.stringify([error.message, error.cause?.message])).not.toContain('a-wrong-secret');
  });

  it('is unavailable, not forbidden, while Keystone is away', async () => {
    const { state, get } = await aCloud();
    state.keystoneUp = false;
    await expect(get()).rejects.toMatchObject({ kind: 'unavailable', status: 503 });
  });

  it('calls an answer without a token a bad answer', async () => {
    const server = await startScriptedServer(() => ({ status: 201, body: { access: {} } }));
    const auth = keystonePassword({ authUrl: server.url, username: 'u', password: 'p' });
    cleanups.push(
      () => server.close(),
      async () => auth.close?.(),
    );
    await expect(auth.headers(new AbortController().signal)).rejects.toMatchObject({
      code: 'session.bad_answer',
    });
  });
});
