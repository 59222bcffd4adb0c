import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { anAuditRecord } from '../../test/an-audit-record.ts';
import {
  asker,
  benchHost,
  type ConductorBench,
  noPlacement,
  openConductorBench,
} from '../../test/conductor-bench.ts';
import { newId, suiteName, testDatabases } from '../../test/test-store.ts';
import { type ConductorSettings, defaultConductorSettings } from './conductor-settings.ts';
import { sweep } from './sweep-worker.ts';

const { hostSilenceMs, healthTtlMs, goneRetentionMs, historyRetentionMs, unboundRequestAgeMs } =
  defaultConductorSettings;

let bench: ConductorBench;
let startedAt: number;
beforeEach(async () => {
  bench = await openConductorBench();
  startedAt = bench.clock.now();
  await bench.tell({ kind: 'hello' });
  await bench.report([aDevice()]);
});
afterEach(() => bench.end());

const sweepNow = () => sweep(startedAt, bench.context);
const host = () => bench.store.hosts.get(benchHost);
const events = async (...types: string[]) =>
  (await bench.store.events.list({ after: 0, limit: 1000, types })).map(({ type }) => type);

describe('a host of which nothing is heard', () => {
  it('is silent, and how its devices feel is unknown, until it is heard again', async () => {
    bench.clock.advance(hostSilenceMs);
    await sweepNow();
    expect((await host()).state).toBe('up');

    bench.clock.advance(1);
    await sweepNow();
    await sweepNow();
    expect(await host()).toMatchObject({ state: 'silent', drivers: [{ stale: true }] });
    expect(await bench.device()).toMatchObject({
      state: 'discovered',
      stale: true,
      health: { state: 'unknown' },
    });
    const { id, health } = await bench.device();
    expect(health.reason).toContain(benchHost);
    const felt = (await bench.store.deviceHealth.list(id)).items;
    expect(felt).toMatchObject([{ ...health, until: null }, { state: 'ok' }]);

    await bench.tell({ kind: 'heartbeat' });
    expect((await host()).state).toBe('up');
    await bench.report([aDevice()]);
    expect(await bench.device()).toMatchObject({ stale: false, health: { state: 'ok' } });
    expect(await events('host.*', 'device.health')).toEqual([
      'host.up',
      'host.silent',
      'device.health',
      'host.up',
      'device.health',
    ]);
  });

  it('is not called silent by a conductor that has only begun to listen', async () => {
    bench.clock.advance(hostSilenceMs * 10);
    await sweep(bench.clock.now() - hostSilenceMs + 1, bench.context);
    expect((await host()).state).toBe('up');
  });

  it('that stopped in good order stays stopped; its health runs out all the same', async () => {
    await bench.tell({ kind: 'goodbye' });
    bench.clock.advance(healthTtlMs + 1);
    await sweepNow();
    expect((await host()).state).toBe('stopped');
    expect(await bench.device()).toMatchObject({ stale: true, health: { state: 'unknown' } });
  });
});

describe('a driver without a good report', () => {
  const keepAlive = async (forMs: number) => {
    for (let passed = 0; passed <= forMs; passed += hostSilenceMs) {
      bench.clock.advance(hostSilenceMs);
      await bench.tell({ kind: 'heartbeat' });
    }
  };

  it('is stale and its health unknown after the time to live', async () => {
    await keepAlive(healthTtlMs);
    await sweepNow();
    expect(await bench.device()).toMatchObject({
      stale: true,
      health: { state: 'unknown', reason: expect.stringContaining('gpu') },
    });
    const { version } = await bench.device();
    await sweepNow();
    expect((await bench.device()).version).toBe(version);
  });

  it('also when it goes on reporting failures', async () => {
    const failure = { code: 'hardware', message: 'no', retry: 'later', causes: [] } as const;
    const outcome = { kind: 'failure' as const, failure: { ...failure, causes: [] } };
    await bench.tell({ kind: 'report', report: { driver: 'gpu', sequence: 1000, observedAt: 0, outcome } });
    expect((await bench.device()).health.state).toBe('ok');
    await keepAlive(healthTtlMs);
    await sweepNow();
    expect((await bench.device()).health.state).toBe('unknown');
  });
});

describe.each(testDatabases)('on $kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('requests that nobody binds', database), () => {
    let own: ConductorBench;
    const requests = () => own.store.acceleratorRequests.list();
    const sweepOwn = () => sweep(own.clock.now(), own.context);
    beforeEach(async () => {
      own = await openConductorBench(database);
      const groups = [{ 'resources:PGPU': '2' }];
      const profile = await own.conductor.createDeviceProfile({ name: 'two', description: null, groups });
      await own.conductor.createAcceleratorRequests({
        profileName: profile.name,
        projectId: 'p',
        requestedBy: 'u',
      });
    });
    afterEach(() => own.end());

    it('are kept for a while, and then removed', async () => {
      own.clock.advance(unboundRequestAgeMs);
      await sweepOwn();
      expect(await requests()).toHaveLength(2);
      own.clock.advance(1);
      await sweepOwn();
      expect(await requests()).toEqual([]);
      const deleted = { after: 0, limit: 10, types: ['accelerator_request.deleted'] };
      expect(await own.store.events.list(deleted)).toHaveLength(2);
    });

    it('stay when they have a server after all, however old they are', async () => {
      const [first] = await requests();
      await own.store.transaction(({ acceleratorRequests }) =>
        acceleratorRequests.update([first?.id ?? newId()], { state: 'Bound', instanceId: newId() }),
      );
      own.clock.advance(unboundRequestAgeMs + 1);
      await sweepOwn();
      expect((await requests()).map(({ id }) => id)).toEqual([first?.id]);
    });
  });
});

describe('a device that is gone', () => {
  const remaining = async () => (await bench.store.devices.list()).items.length;

  it('is shown for a while and then removed', async () => {
    await bench.report([]);
    bench.clock.advance(goneRetentionMs);
    await sweepNow();
    expect(await remaining()).toBe(1);
    bench.clock.advance(1);
    await sweepNow();
    expect(await remaining()).toBe(0);
    expect(await events('device.removed')).toEqual(['device.removed']);
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('discovered');
  });

  it('stays while a consumer holds a part of it', async () => {
    const holder = { kind: 'attachment', id: newId() } as const;
    const handle = (await bench.device()).deployables[0]?.handles[0];
    await bench.store.transaction(({ deployables }) =>
      deployables.holdHandle(handle?.uuid ?? newId(), holder),
    );
    await bench.report([]);
    bench.clock.advance(goneRetentionMs + 1);
    await sweepNow();
    expect(await remaining()).toBe(1);
    await bench.store.transaction(({ deployables }) => deployables.releaseHandle(holder));
    await sweepNow();
    expect(await remaining()).toBe(0);
  });

  it('stays while Placement retains its provider', async () => {
    await bench.report([]);
    bench.clock.advance(goneRetentionMs + 1);
    await bench.tell({
      kind: 'heartbeat',
      placement: { ...noPlacement, retained: [`${benchHost}_0000:83:00.0`] },
    });
    await sweepNow();
    expect(await remaining()).toBe(1);
    await bench.tell({ kind: 'heartbeat' });
    await sweepNow();
    expect(await remaining()).toBe(0);
  });
});

it('history goes when it is old: operations that ended, events, and how devices felt', async () => {
  const request = () => bench.conductor.requestDiscover({ host: benchHost, ...asker });
  const ended = await request();
  await bench.answer(ended.id, { kind: 'succeeded', result: {} });
  await bench.report([aDevice({ health: { state: 'failed' } })]);
  bench.clock.advance(historyRetentionMs + 1);
  await bench.report([aDevice()]);
  const open = await request();
  await sweepNow();
  const felt = (await bench.store.deviceHealth.list((await bench.device()).id)).items;
  expect(felt.map(({ state }) => state)).toEqual(['ok', 'failed']);
  expect((await bench.store.operations.list()).items.map(({ id }) => id)).toEqual([open.id]);
  const left = await bench.store.events.list({ after: 0, limit: 1000 });
  expect(left.some(({ subject }) => subject === ended.id)).toBe(false);
  expect(left.some(({ subject }) => subject === open.id)).toBe(true);
});

describe('records of who asked for a change', () => {
  const record = (requestId: string) => bench.conductor.recordRequest(anAuditRecord(requestId));
  const left = async () =>
    (await bench.store.audit.list()).items.map(({ requestId }) => requestId).toReversed();
  const sweepWith = (settings: Partial<ConductorSettings>) =>
    sweep(0, { ...bench.context, settings: { ...bench.context.settings, ...settings } });

  it('go when they are old', async () => {
    await record('req-1');
    bench.clock.advance(1_000);
    await record('req-2');
    await sweepWith({ auditRetentionMs: 1_000 });
    expect(await left()).toEqual(['req-1', 'req-2']);
    bench.clock.advance(1);
    await sweepWith({ auditRetentionMs: 1_000 });
    expect(await left()).toEqual(['req-2']);
  });

  it('go when there are too many, the oldest first', async () => {
    for (const id of ['1', '2', '3', '4']) await record(`req-${id}`);
    await sweepWith({ auditRecords: 2 });
    expect(await left()).toEqual(['req-3', 'req-4']);
    await sweepWith({ auditRecords: 2 });
    expect(await left()).toEqual(['req-3', 'req-4']);
  });
});
