import { describe, expect, it, onTestFinished } from 'vitest';
import { aSession } from '../test/a-session.ts';
import { startScriptedServer } from '../test/scripted-server.ts';
import { noAuth } from './auth/no-auth.ts';
import { createSession } from './session.ts';

describe('session', () => {
  it('sends token, request id, query and JSON to the endpoint, and reads JSON back', async () => {
    const { server, get } = await aSession(() => ({
      status: 200,
      body: { a: 1 },
      headers: { 'x-openstack-request-id': 'req-theirs' },
    }));
    const answer = await get({
      method: 'PUT',
      query: { in: ['a b', 'c'], none: undefined },
      body: { x: [1] },
    });
    expect(answer).toMatchObject({ status: 200, body: { a: 1 }, requestId: 'req-theirs' });
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'PUT', url: '/prefix/things?in=a+b&in=c', body: '{"x":[1]}' });
    expect(seen?.headers['x-auth-token']).toBe('secret-token');
    expect(seen?.headers['content-type']).toBe('application/json');
    expect(seen?.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  });

  it('keeps connections and never uses more than it was given', async () => {
    const { server, get } = await aSession(() => ({ status: 200, body: {} }), { connections: 2 });
    await Promise.all(Array.from({ length: 12 }, () => get()));
    await get();
    expect(new Set(server.seen.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });

  it.each(['reset', { status: 502 }, { status: 503 }, { status: 504 }] as const)(
    'repeats an idempotent request after %o',
    async (first) => {
      const { server, get, waits } = await aSession((_, index) =>
        index < 2 ? first : { status: 200, body: { done: true } },
      );
      expect((await get()).body).toEqual({ done: true });
      expect(server.seen).toHaveLength(3);
      expect(waits).toEqual([100, 200]);
    },
  );

  it('does not repeat a POST whose answer was lost, unless told that it may', async () => {
    const { server, get } = await aSession((_, index) => (index % 2 === 0 ? 'reset' : { status: 201 }));
    await expect(get({ method: 'POST' })).rejects.toMatchObject({ code: 'session.unreachable', tried: 1 });
    expect(server.seen).toHaveLength(1);
    await get();
    expect((await get({ method: 'POST', idempotent: true })).status).toBe(201);
  });

  it('waits as long as Retry-After says, and gives up at once when that is past the deadline', async () => {
    const { get, waits, server } = await aSession((_, index) =>
      index === 0 ? { status: 503, headers: { 'retry-after': '3' } } : { status: 200, body: {} },
    );
    await get();
    expect(waits).toEqual([3100]);
    const late = await aSession(() => ({ status: 503, headers: { 'retry-after': '3' }, body: 'later' }));
    await expect(late.get({ timeoutMs: 2000 })).rejects.toMatchObject({
      kind: 'unavailable',
      status: 503,
      tried: 1,
    });
    expect(server.seen).toHaveLength(2);
  });

  it('stops repeating when the budget of the session is spent', async () => {
    const { server, get } = await aSession(() => ({ status: 503 }));
    for (let call = 0; call < 20; call++)
      await expect(get()).rejects.toMatchObject({ code: 'http.503', kind: 'unavailable' });
    expect(server.seen).toHaveLength(60);
  });

  it('tells what the service said, and counts the attempts', async () => {
    const { get } = await aSession(() => ({
      status: 409,
      headers: { 'x-openstack-request-id': 'req-7' },
      body: { errors: [{ detail: 'Conflict.\n\n stale', code: 'placement.concurrent_update' }] },
    }));
    await expect(get()).rejects.toMatchObject({
      name: 'OpenStackError',
      kind: 'conflict',
      status: 409,
      code: 'placement.concurrent_update',
      detail: 'stale',
      requestId: 'req-7',
      tried: 1,
      message: expect.stringContaining(
        '/prefix/things answered 409 placement.concurrent_update: stale (req-7)',
      ),
    });
  });

  it('calls an answer that announces JSON and is none a bad answer', async () => {
    const { get } = await aSession(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"a":',
    }));
    await expect(get()).rejects.toMatchObject({ code: 'session.bad_answer', kind: 'internal' });
  });

  it('follows a redirect within the origin, and takes the token to no other', async () => {
    const stranger = await startScriptedServer(() => ({ status: 200, body: {} }));
    onTestFinished(() => stranger.close());
    const { get, server } = await aSession((_, index) =>
      index === 0
        ? { status: 308, headers: { location: '/moved' } }
        : index === 1
          ? { status: 200, body: { moved: true } }
          : { status: 307, headers: { location: `${stranger.url}/steal` } },
    );
    expect((await get({ method: 'PUT', body: { x: 1 } })).body).toEqual({ moved: true });
    expect(server.seen[1]).toMatchObject({ method: 'PUT', url: '/moved', body: '{"x":1}' });
    await expect(get()).rejects.toMatchObject({ code: 'session.redirect_refused' });
    expect(stranger.seen).toHaveLength(0);
  });

  it('does not go round in circles', async () => {
    const { get, server } = await aSession(() => ({ status: 302, headers: { location: '/round' } }));
    await expect(get()).rejects.toMatchObject({ code: 'session.redirect_refused' });
    expect(server.seen).toHaveLength(6);
  });

  it('ends at its deadline with an error of its own', async () => {
    const { get } = await aSession(() => 'never');
    await expect(get({ timeoutMs: 100 })).rejects.toMatchObject({
      code: 'session.deadline_exceeded',
      kind: 'unavailable',
    });
  });

  it('ends on an abort with the reason of the caller', async () => {
    const { get, server } = await aSession(() => 'never');
    const abort = new AbortController();
    const call = get({ signal: abort.signal });
    while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(new Error('not wanted any more'));
    await expect(call).rejects.toThrow('not wanted any more');
  });

  it('prefers an override to the provider, and names what is missing when neither knows the service', async () => {
    const { server, session } = await aSession(() => ({ status: 200, body: {} }), {
      auth: noAuth({}),
      endpointOverrides: {},
    });
    const request = { service: 'compute', method: 'GET', path: '/' };
    await expect(session.request(request)).rejects.toMatchObject({
      code: 'session.endpoint_not_found',
      message: expect.stringContaining('"compute"'),
    });
    const other = createSession({ auth: noAuth({}), endpointOverrides: { compute: `${server.url}/nova` } });
    onTestFinished(() => other.close());
    await other.request(request);
    expect(server.seen[0]?.url).toBe('/nova/');
  });

  it.each(['localhost', 'localhost:8778', 'ftp://localhost', ''])(
    'refuses the endpoint "%s", which is no address',
    async (endpoint) => {
      const session = createSession({ auth: noAuth({ endpoint }) });
      onTestFinished(() => session.close());
      const call = session.request({ service: 'placement', method: 'GET', path: '/things' });
      await expect(call).rejects.toMatchObject({ code: 'session.bad_options', kind: 'invalid' });
    },
  );

  it('says that nobody listens, after trying', async () => {
    const { session, server, waits } = await aSession(() => ({ status: 200 }));
    await server.close();
    await expect(session.request({ service: 'x', method: 'POST', path: '/' })).rejects.toMatchObject({
      code: 'session.unreachable',
      tried: 5,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(waits).toHaveLength(4);
  });
});
