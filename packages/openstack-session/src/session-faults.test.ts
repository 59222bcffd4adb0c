import { describe, expect, it } from 'vitest';
import { aSession } from '../test/a-session.ts';
import { type Script, startScriptedServer } from '../test/scripted-server.ts';

const fine: Script = { status: 200, body: { fine: true } };
/** Every request goes over the connection of the one before, while that is there. */
const alone = { connections: 1 };
const patience = { retry: { retries: 2, backoff: { baseMs: 200, capMs: 8000 }, retryAfterCapMs: 60_000 } };

describe('a session in trouble', () => {
  it('repeats at once, and once, what failed on a connection that was used before', async () => {
    const { server, get, waits } = await aSession((_, index) => (index === 1 ? 'reset' : fine), alone);
    await get();
    await get();
    expect(waits).toEqual([]);
    expect(server.seen).toHaveLength(3);
    expect(server.seen[1]?.port).toBe(server.seen[0]?.port);
    expect(server.seen[2]?.port).not.toBe(server.seen[0]?.port);
  });

  it('waits before it repeats what failed on a new connection, or failed again', async () => {
    const fresh = await aSession((_, index) => (index === 0 ? 'reset' : fine));
    await fresh.get();
    expect(fresh.waits).toEqual([100]);
    const again = await aSession((_, index) => (index === 1 || index === 2 ? 'reset' : fine), alone);
    await again.get();
    await again.get();
    expect(again.waits).toEqual([100]);
    expect(again.server.seen).toHaveLength(4);
  });

  it('does not repeat a POST on a used connection, nor anything when retries are off', async () => {
    const post = await aSession((_, index) => (index === 1 ? 'reset' : fine), alone);
    await post.get();
    await expect(post.get({ method: 'POST' })).rejects.toMatchObject({ code: 'session.unreachable' });
    const off = await aSession((_, index) => (index === 1 ? 'reset' : fine), {
      ...alone,
      retry: { ...patience.retry, retries: 0 },
    });
    await off.get();
    await expect(off.get()).rejects.toMatchObject({ code: 'session.unreachable', tried: 1 });
  });

  it('makes a new connection when the server has closed the old one', async () => {
    const { get, server, waits } = await aSession(() => ({ ...fine, headers: { connection: 'close' } }));
    await get();
    await get();
    expect(server.seen).toHaveLength(2);
    expect(waits).toEqual([]);
  });

  it('reads an answer again that broke off, and tells what came of each attempt', async () => {
    const { get, waits } = await aSession((_, index) => (index === 0 ? { ...fine, trouble: 'cut' } : fine));
    expect((await get()).body).toEqual({ fine: true });
    expect(waits).toEqual([100]);
    const lost = await aSession(() => ({ ...fine, trouble: 'cut' }), patience);
    const error = await lost.get().catch((caught) => caught);
    expect(error).toMatchObject({ code: 'session.unreachable', kind: 'unavailable', tried: 3 });
    expect(error.attempts).toHaveLength(3);
    expect(error.attempts[0]).toMatchObject({
      method: 'GET',
      address: `${lost.server.url}/prefix/things`,
      outcome: 'UND_ERR_SOCKET',
    });
  });

  it('does not wait for a body that has stopped', async () => {
    const { get } = await aSession((_, index) => (index === 0 ? { ...fine, trouble: 'stall' } : fine), {
      attemptTimeoutMs: 200,
    });
    expect((await get()).body).toEqual({ fine: true });
  });

  it.each([
    ['seconds', '7', 7000],
    ['a date', 'Sun, 01 Mar 2026 10:00:05 GMT', 5000],
    ['no Retry-After', undefined, undefined],
    ['nonsense', 'soon', undefined],
  ])('tells with %s how long to stay away', async (_, header, retryAfterMs) => {
    const headers = header === undefined ? {} : { 'retry-after': header };
    const { get, waits } = await aSession(() => ({ status: 429, headers, body: 'slower' }), {
      ...patience,
      wallClock: () => Date.parse('2026-03-01T10:00:00Z'),
    });
    await expect(get({ method: 'POST' })).rejects.toMatchObject({
      kind: 'unavailable',
      status: 429,
      tried: 3,
      retryAfterMs,
    });
    expect(waits).toHaveLength(2);
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
  });

  it.each([
    [
      'HTML of a proxy',
      502,
      '<html><head><title>x</title></head><body><h1>Bad Gateway</h1></body></html>',
      'Bad Gateway',
    ],
    ['text of a defect', 500, 'Traceback: boom', 'Traceback: boom'],
    ['nothing', 503, '', ''],
  ])('reads %s', async (_, status, body, detail) => {
    const { get } = await aSession(
      () => ({ status, body, headers: { 'content-type': 'text/html' } }),
      patience,
    );
    await expect(get()).rejects.toMatchObject({ status, code: `http.${status}`, detail, body });
  });

  it('has limits of its own for broken connections and for refusals', async () => {
    const services = () => ({ connectRetries: 0, statusRetries: 1 });
    const refused = await aSession(() => ({ status: 503 }), { services });
    await expect(refused.get()).rejects.toMatchObject({ status: 503, tried: 2 });
    const broken = await aSession(() => 'reset', { services });
    await expect(broken.get()).rejects.toMatchObject({ code: 'session.unreachable', tried: 1 });
  });

  it.each([301, 302, 307, 308])('takes no token to another origin on a %s', async (status) => {
    const stranger = await startScriptedServer(() => fine);
    const { get } = await aSession(() => ({ status, headers: { location: `${stranger.url}/x` } }));
    await expect(get()).rejects.toMatchObject({ code: 'session.redirect_refused', status });
    expect(stranger.seen).toHaveLength(0);
    await stranger.close();
  });

  it('takes no token to another port or scheme, or to nowhere', async () => {
    for (const location of ['https://127.0.0.1/', 'http://[broken']) {
      const { get } = await aSession(() => ({ status: 307, headers: { location } }));
      await expect(get()).rejects.toMatchObject({ code: 'session.redirect_refused' });
    }
  });
});
