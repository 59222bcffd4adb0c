import { describe, expect, it } from 'vitest';
import {
  attachRequest,
  failureOf,
  fixturePackage,
  processesOf,
  runningHostOf,
  until,
} from '../../test/host-bench.ts';
import { usualLimits } from './host-limits.ts';

const programRequest = { device: attachRequest().device, image: '/image', options: {} };

describe('a call that is to end early', () => {
  it('passes its deadline: the driver is told, and the failure is a timeout', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 60_000 } });
    const failure = await failureOf(host.call('attach', attachRequest(), { deadlineMs: 300 }));
    expect(failure).toMatchObject({ code: 'timeout', retry: 'later' });
    expect(host.status()).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('is cancelled by its caller: the failure says so', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 60_000 } });
    const call = host.call('attach', attachRequest(), { signal: AbortSignal.timeout(300) });
    expect(await failureOf(call)).toMatchObject({ code: 'canceled', message: 'attach was cancelled' });
    expect(host.status().state).toBe('running');
  });

  it('is cancelled before it began', async () => {
    const { host } = await runningHostOf('slow');
    const failure = await failureOf(host.call('attach', attachRequest(), { signal: AbortSignal.abort() }));
    expect(failure).toMatchObject({ code: 'canceled' });
  });

  it('is answered soon after all: the answer counts', async () => {
    const { host } = await runningHostOf('ignores-cancel', {
      config: { attachMs: 500 },
      limits: { cancelGraceMs: 30_000 },
    });
    const answer = await host.call('attach', attachRequest(), { deadlineMs: 100 });
    expect(answer.info).toEqual({ late: 'yes' });
  });

  it.each([false, true])('is not let go of: the process is ended (ignoring SIGTERM: %s)', async (ignores) => {
    const { host } = await runningHostOf('ignores-cancel', {
      config: { attachMs: 3_600_000, ignoreTermination: ignores },
      limits: { restartFirstMs: 60_000 },
    });
    const lost = failureOf(host.call('attach', attachRequest(1), { deadlineMs: 60_000 }));
    const failure = await failureOf(host.call('attach', attachRequest(), { deadlineMs: 200 }));
    expect(failure.code).toBe('timeout');
    expect(await lost).toMatchObject({ code: 'unavailable', retry: 'now' });
    expect(host.status()).toMatchObject({
      state: 'backoff',
      failure: { message: 'driver ignores-cancel did not let go of a cancelled attach' },
    });
    expect(await processesOf('ignores-cancel')).toEqual([]);
  });
});

describe('a process that not even SIGKILL ends', () => {
  it('is given up and counted, its late answers are ignored, and another takes its place', async () => {
    const sent: string[] = [];
    const victims: number[] = [];
    const { host } = await runningHostOf('ignores-cancel', {
      config: { attachMs: 2500 },
      limits: { killWaitMs: 200 },
      // Stands in for a system call that cannot be interrupted: no signal arrives.
      sendSignal: (pid, signal) => {
        sent.push(signal);
        victims.push(Math.abs(pid));
      },
    });
    const [first] = await processesOf('ignores-cancel');
    const failure = await failureOf(host.call('attach', attachRequest(), { deadlineMs: 100 }));
    expect(failure.code).toBe('timeout');
    expect(sent).toEqual(['SIGTERM', 'SIGKILL']);
    expect(victims).toEqual([first, first]);
    expect(host.abandonedProcesses).toBe(1);
    expect(host.status().failure?.message).toMatch(/does not even die of SIGKILL and was given up$/);
    await until(() => host.status().state === 'running');
    expect(await host.call('status', attachRequest())).toBe('detached');
    // The one given up finds its wire closed and leaves when its own work ends.
    await until(async () => !(await processesOf('ignores-cancel')).includes(first ?? 0));
    expect(host.status()).toMatchObject({ state: 'running', restarts: 1 });
  });
});

describe('a critical section', () => {
  it('is cut off by no cancellation; afterwards the call ends as it will', async () => {
    const { host } = await runningHostOf('slow', { config: { flashMs: 2500 }, limits: { silenceMs: 1000 } });
    const answer = await host.call('program', programRequest, { deadlineMs: 300 });
    expect(answer).toEqual({ version: '2.0' });
    expect(host.status()).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('may block the event loop without being taken for hung', async () => {
    const { host } = await runningHostOf('slow', {
      config: { flashMs: 2500, blocks: true },
      limits: { silenceMs: 1000 },
    });
    expect(await host.call('program', programRequest)).toEqual({ version: '2.0' });
    expect(host.status().restarts).toBe(0);
  });

  it('protects only up to its cap', async () => {
    const { host } = await runningHostOf('slow', {
      config: { flashMs: 3_600_000, capMs: 500, blocks: true },
      limits: { silenceMs: 1000, restartFirstMs: 60_000 },
    });
    expect(await failureOf(host.call('program', programRequest))).toMatchObject({ code: 'unavailable' });
  });

  it('is refused when it is longer than the host allows', async () => {
    const { host } = await runningHostOf('slow', { limits: { criticalMaxMs: 1000 } });
    expect(await failureOf(host.call('program', programRequest))).toMatchObject({
      code: 'invalid',
      message: 'a critical section of 10000 ms was asked for; the host allows 1000',
    });
  });

  it('is waited for when the host stops', async () => {
    const { host } = await runningHostOf('slow', { config: { flashMs: 2000 } });
    const notes: string[] = [];
    const call = host.call('program', programRequest, { onProgress: (_, note) => notes.push(note ?? '') });
    await until(() => notes.includes('writing'));
    await host.stop();
    expect(await call).toEqual({ version: '2.0' });
  });
});

describe('progress', () => {
  it('that stands still ends a program as a timeout, and one that goes on or must not be cut off does not', async () => {
    const limits = { programIdleMs: 500 };
    const stalled = await runningHostOf('slow', { config: { stallMs: 60_000 }, limits });
    expect(await failureOf(stalled.host.call('program', programRequest))).toMatchObject({
      code: 'timeout',
      message: 'program has told of no progress for 500 ms',
    });
    for (const blocks of [false, true]) {
      const going = await runningHostOf('slow', { config: { flashMs: 1200, blocks }, limits });
      expect(await going.host.call('program', programRequest)).toEqual({ version: '2.0' });
    }
  });

  it('rises to its end, with notes', async () => {
    const { host } = await runningHostOf('slow', { config: { flashMs: 400 } });
    const told: { fraction: number; note: string | undefined }[] = [];
    await host.call('program', programRequest, {
      onProgress: (fraction, note) => told.push({ fraction, note }),
    });
    expect(told[0]).toEqual({ fraction: 0.1, note: 'erasing' });
    expect(told.at(-1)).toEqual({ fraction: 1, note: 'done' });
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((one, other) => one - other));
  });
});

describe('calls that change one device', () => {
  const spanOf = async (call: Promise<{ info: Readonly<Record<string, string>> }>): Promise<number> =>
    Number((await call).info.endedAt);

  it('come one at a time; those of another device do not wait', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 700 } });
    const calls = [host.call('attach', attachRequest()), host.call('attach', attachRequest())];
    const other = host.call('attach', attachRequest(1));
    const [first = 0, second = 0] = await Promise.all(calls.map(spanOf));
    expect(second - first).toBeGreaterThanOrEqual(690);
    expect(await spanOf(other)).toBeLessThan(second);
  });

  it('do not hold up reads', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 3_600_000 } });
    const call = failureOf(host.call('attach', attachRequest()));
    expect(await host.call('status', attachRequest())).toBe('detached');
    await host.stop();
    expect(await call).toMatchObject({ code: 'unavailable', message: 'driver slow is being stopped' });
  });

  it('are busy when their turn does not come before the deadline', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 1000 } });
    const first = host.call('attach', attachRequest());
    expect(await failureOf(host.call('detach', attachRequest(), { deadlineMs: 100 }))).toMatchObject({
      code: 'busy',
      message: 'detach of card-0 did not get its turn: attach is under way',
      device: 'card-0',
      retry: 'later',
    });
    await first;
    await host.call('detach', attachRequest());
  });
});

describe('a call without a deadline of its own', () => {
  const callMs = { ...usualLimits.callMs, attach: 2_000 };

  it('has the usual one', async () => {
    const { host } = await runningHostOf('slow', { config: { attachMs: 60_000 }, limits: { callMs } });
    expect((await failureOf(host.call('attach', attachRequest()))).message).toMatch(/within 2000 ms$/);
  });

  it('has that of the manifest', async () => {
    const slow = fixturePackage('slow');
    const { host } = await runningHostOf('slow', {
      package: { ...slow, manifest: { ...slow.manifest, timeoutsMs: { attach: 1_000 } } },
      config: { attachMs: 60_000 },
      limits: { callMs },
    });
    expect((await failureOf(host.call('attach', attachRequest()))).message).toMatch(/within 1000 ms$/);
  });
});
