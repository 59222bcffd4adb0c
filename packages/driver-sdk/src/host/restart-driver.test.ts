import { describe, expect, it } from 'vitest';
import {
  attachRequest,
  failureOf,
  hostOf,
  processesOf,
  runningHostOf,
  statesOf,
  until,
} from '../../test/host-bench.ts';
import { DriverError } from '../driver-error.ts';

describe('a driver whose process ends again and again', () => {
  it('is started anew, then rarely, and its calls say when to come back', async () => {
    const { host, statuses } = hostOf('exits-at-load', {
      limits: { crashLimit: 3, restartFirstMs: 10, probeEveryMs: 300 },
    });
    await host.start();
    await until(() => host.status().restarts >= 4 && host.status().state === 'quarantined');
    expect(statesOf(statuses).slice(0, 10)).toEqual([
      'starting',
      'backoff',
      'starting',
      'backoff',
      'starting',
      'quarantined',
      'starting',
      'quarantined',
      'starting',
      'quarantined',
    ]);
    const failure = await failureOf(host.call('discover', {}));
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'later' });
    expect(failure.message).toMatch(/^driver exits-at-load is not running \((quarantined|starting)\): /);
  });

  it('is started at once when an operator asks for it', async () => {
    const { host, statuses } = hostOf('exits-at-load', {
      limits: { crashLimit: 1, probeEveryMs: 3_600_000, restartFirstMs: 3_600_000 },
    });
    await host.start();
    expect(host.status().state).toBe('quarantined');
    await host.retry();
    expect(host.status()).toMatchObject({ state: 'quarantined', restarts: 1 });
    expect(statesOf(statuses)).toEqual(['starting', 'quarantined', 'starting', 'quarantined']);
  });

  it('does its work again in a new process', async () => {
    const { host } = await runningHostOf('exits-in-call');
    const [first] = await processesOf('exits-in-call');
    expect(await failureOf(host.call('discover', {}))).toMatchObject({ code: 'unavailable', retry: 'now' });
    await until(() => host.status().state === 'running');
    expect(await host.call('status', attachRequest())).toBe('detached');
    const [second] = await processesOf('exits-in-call');
    expect(second).not.toBe(first);
    expect(host.status()).toMatchObject({ restarts: 1, failure: { code: 'unavailable' } });
  });

  it('is looked at before each start, and stays down once its package is not as it was', async () => {
    let looks = 0;
    const { host, statuses } = hostOf('exits-at-load', {
      limits: { restartFirstMs: 10 },
      admit: async () => {
        looks += 1;
        if (looks === 3) throw new DriverError('denied', 'index.js was changed');
      },
    });
    await host.start();
    await until(() => host.status().state === 'refused');
    expect(statesOf(statuses)).toEqual(['starting', 'backoff', 'starting', 'backoff', 'starting', 'refused']);
    expect(host.status()).toMatchObject({ failure: { code: 'denied', message: 'index.js was changed' } });
    expect(await failureOf(host.call('discover', {}))).toMatchObject({ code: 'unavailable' });
  });

  it('is killed from outside: the same', async () => {
    const { host } = await runningHostOf('good');
    const [pid = 0] = await processesOf('good');
    process.kill(pid, 'SIGKILL');
    await until(() => host.status().restarts === 1 && host.status().state === 'running');
    expect(host.status().failure?.message).toBe('driver good ended by itself: signal SIGKILL');
    await host.call('discover', {});
    expect(host.status().failure).toBeNull();
  });

  it('is not started again once it is stopped', async () => {
    const { host } = hostOf('exits-at-load');
    await host.start();
    await host.stop();
    const { restarts } = host.status();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(host.status()).toMatchObject({ state: 'stopped', restarts });
    await host.retry();
    expect(host.status()).toMatchObject({ state: 'stopped', restarts });
  });
});

describe('a listener to the status', () => {
  it('that fails hurts nobody', async () => {
    const { host, lines } = await runningHostOf('good', {
      onStatus: () => {
        throw new Error('the listener is broken');
      },
    });
    expect(await host.call('discover', {})).toHaveLength(1);
    expect(lines.map(({ message }) => message)).toContain(
      'a listener to its status failed: Error: the listener is broken',
    );
  });
});
