import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  attachRequest,
  failureOf,
  type HostBench,
  hostOf,
  processesOf,
  runningHostOf,
  statesOf,
  until,
} from '../../test/host-bench.ts';

/** Calls another driver all the while; gives the number of calls that were answered and the longest of them. */
async function meanwhile(
  sibling: HostBench,
  work: Promise<unknown>,
): Promise<{ calls: number; longestMs: number }> {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  let calls = 0;
  let longestMs = 0;
  do {
    const begun = performance.now();
    await sibling.host.call('discover', {});
    longestMs = Math.max(longestMs, performance.now() - begun);
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 10));
  } while (!over);
  return { calls, longestMs };
}

function makeFifo({ root }: HostBench): string {
  const fifo = join(root, 'fifo');
  execFileSync('mkfifo', [fifo]);
  return fifo;
}

describe('a bad driver costs its own calls and nothing else', () => {
  const silent = /^the call was lost: driver \S+ did not answer for \d+ ms: it spins or is blocked$/;
  const spinning =
    /^the call was lost: driver spins did not answer for \d+ ms: it spins at \/\S+\/spins\/index\.ts:\d+ in discover$/;
  const cases = [
    { driver: 'spins', verb: 'discover', message: spinning },
    { driver: 'hangs-in-system-call', verb: 'discover', message: silent },
    { driver: 'exits-in-call', verb: 'discover', message: /ended by itself: exit status 0$/ },
    { driver: 'leaks-rejection', verb: 'status', message: /ended by itself: exit status 1$/ },
    { driver: 'eats-memory', verb: 'discover', message: /ended by itself: signal SIGABRT$/ },
    { driver: 'breaks-protocol', verb: 'status', message: /it sent no JSON: Segmentation fault$/ },
  ] as const;

  it.each(cases)('$driver', async ({ driver, verb, message }) => {
    const sibling = await runningHostOf('good');
    const config = driver === 'hangs-in-system-call' ? { fifo: makeFifo(sibling) } : {};
    // Collecting garbage is silent too; on a busy machine for long.
    const silenceMs = driver === 'eats-memory' ? 60_000 : 1000;
    const limits = { silenceMs, locateSpinMs: 5000, heapMb: 64, restartFirstMs: 60_000 };
    const machine = { kind: 'real', root: sibling.root } as const;
    const { host } = await runningHostOf(driver, { config, limits, machine });
    if (driver === 'leaks-rejection') await host.call('discover', {});

    const call = failureOf(host.call(verb, attachRequest() as never));
    const { calls, longestMs } = await meanwhile(sibling, call);

    expect(await call).toMatchObject({ code: 'unavailable', retry: 'now' });
    expect((await call).message).toMatch(message);
    expect(calls).toBeGreaterThan(0);
    expect(longestMs).toBeLessThan(10_000);
    expect(sibling.host.status()).toMatchObject({ state: 'running', restarts: 0 });
    expect(host.status()).toMatchObject({
      state: 'backoff',
      failure: { code: driver === 'breaks-protocol' ? 'internal' : 'unavailable' },
    });
    expect(await processesOf(driver)).toEqual([]);
  });

  it('throws: its process goes on', async () => {
    const { host } = await runningHostOf('throws');
    expect(await failureOf(host.call('discover', {}))).toMatchObject({
      code: 'internal',
      message: 'TypeError: cannot read properties of undefined',
      cause: { message: 'a card without a name' },
    });
    expect(host.status()).toMatchObject({ state: 'running', failure: { code: 'internal' } });
    expect(await host.call('status', attachRequest())).toBe('detached');
  });

  it('floods: what it prints is dropped, and its calls still end by their deadline', async () => {
    const sibling = await runningHostOf('good');
    const { host, lines } = await runningHostOf('floods', { limits: { logLinesPerSecond: 10 } });
    const call = failureOf(host.call('discover', {}, { deadlineMs: 2000 }));
    const { calls, longestMs } = await meanwhile(sibling, call);
    expect((await call).code).toMatch(/timeout|unavailable/);
    expect(calls).toBeGreaterThan(5);
    expect(longestMs).toBeLessThan(10_000);
    expect(lines.length).toBeLessThan(200);
    await until(() => lines.some(({ message }) => /^\d+ further lines .* dropped$/.test(message)));
    for (const { message } of lines) expect(message.length).toBeLessThan(5000);
  });

  it('sends notifications that are none: they are told and ignored', async () => {
    const { host, lines } = await runningHostOf('breaks-protocol');
    expect(await host.call('discover', {})).toEqual([]);
    const complaints = lines.filter(({ source }) => source === 'host').map(({ message }) => message);
    expect(complaints).toHaveLength(2);
    expect(complaints[0]).toMatch(/^broke the protocol: it sent a bad notification "progress": /);
    expect(complaints[1]).toMatch(/^broke the protocol: it sent a message that is none: /);
  });

  it('sends a message that is too long: it is ended', async () => {
    const { host } = await runningHostOf('good', {
      config: { cards: 100 },
      limits: { messageMaxBytes: 10_000 },
    });
    const failure = await failureOf(host.call('discover', {}));
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect(failure.message).toContain('broke the protocol: it sent a message longer than 10000 bytes');
  });
});

describe('a driver that does not start', () => {
  it('crashes while it is loaded: its last words are the cause, and it is tried again', async () => {
    const { host, statuses } = hostOf('exits-at-load', { limits: { restartFirstMs: 60_000 } });
    await host.start();
    expect(statesOf(statuses)).toEqual(['starting', 'backoff']);
    expect(host.status().failure).toMatchObject({
      code: 'unavailable',
      message: 'driver exits-at-load ended by itself: exit status 7',
      causes: ['libacme.so: cannot open shared object file'],
    });
  });

  it('has code that does not agree with its manifest: it is incompatible and left alone', async () => {
    const { host } = hostOf('lacks-verb');
    await host.start();
    const { state, failure } = host.status();
    expect(state).toBe('incompatible');
    expect(failure?.message).toMatch(
      /lacks-verb\/package.json: cyborgDriver.verbs declares stats, which the driver does not define and does not declare install, which the driver defines$/,
    );
    expect(await processesOf('lacks-verb')).toEqual([]);
  });

  it.each([
    [{ cards: 'many' }, 'config /cards: Invalid input: expected number, received string'],
    [{ card: 1 }, 'config /card: the driver knows no such setting'],
    [{ limits: { per: 1 } }, 'config /limits/per: the driver knows no such setting'],
    [[], 'config /: Invalid input: expected object, received array'],
  ])('has settings that do not fit: it stays stopped and says where: %j', async (config, message) => {
    const { host } = hostOf('good', { config });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'stopped',
      failure: { code: 'invalid', message: `driver good cannot start: ${message}` },
    });
    expect(await processesOf('good')).toEqual([]);
  });

  it('takes too long: it is killed and tried again', async () => {
    const { host } = hostOf('good', { limits: { startMs: 1, restartFirstMs: 60_000 } });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'backoff',
      failure: { code: 'timeout', message: 'driver good cannot start: it was not ready within 1 ms' },
    });
    expect(await processesOf('good')).toEqual([]);
  });
});
