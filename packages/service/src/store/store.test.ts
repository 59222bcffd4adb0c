import type { Uuid } from '@cyborgjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import {
  newId,
  openTestStore,
  silentLog,
  suiteName,
  type TestClock,
  type TestStore,
  testClock,
  testDatabases,
} from '../../test/test-store.ts';
import { createStore } from './create-store.ts';
import type { NewDevice } from './device.ts';
import type { Store } from './store.ts';

function aNewDevice(facts: Partial<NewDevice> = {}): NewDevice {
  const { deployables: _, ...device } = aDevice();
  return {
    ...device,
    id: newId(),
    host: 'compute1',
    driver: 'gpu',
    identity: 'GPU-1',
    state: 'discovered',
    ...facts,
  };
}

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('the store', database), () => {
    let clock: TestClock;
    let store: Store;
    let opened: TestStore;

    beforeAll(async () => {
      opened = await openTestStore(database, { now: () => clock.now() });
      store = opened.store;
    });
    beforeEach(async () => {
      clock = testClock();
      await store.transaction(({ hosts }) => hosts.ensure('compute1'));
    });
    afterEach(() => opened.clear());
    afterAll(() => opened.end());

    const insert = (...devices: NewDevice[]) =>
      store.transaction((transaction) => transaction.devices.insert(devices));

    it('keeps all of a transaction or nothing', async () => {
      const failing = store.transaction(async ({ devices, events }) => {
        await devices.insert([aNewDevice()]);
        events.add({ type: 'device.discovered', subject: 'x', host: null, data: {} });
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect((await store.devices.list()).items).toEqual([]);
      expect(await store.events.list({ after: 0, limit: 10 })).toEqual([]);
    });

    it('shows a device as it was stored', async () => {
      const device = aNewDevice({
        model: 'Überkarte 🂡',
        health: { state: 'degraded', reason: 'hot' },
        numaNode: null,
      });
      await insert(device);
      expect(await store.devices.get(device.id)).toEqual({
        ...device,
        number: expect.any(Number),
        version: 1,
        stateReason: null,
        stateBeforeGone: null,
        goneAt: null,
        untouched: true,
        stale: false,
        simulated: false,
        deployables: [],
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: null,
        lastSeenAt: '2026-01-01T00:00:00.000Z',
      });
    });

    it('raises the version of a device with every change and says when', async () => {
      const device = aNewDevice();
      await insert(device);
      clock.advance(1500);
      await store.transaction(({ devices }) =>
        devices.update(device.id, { health: { state: 'failed', reason: 'fan' } }),
      );
      expect(await store.devices.get(device.id)).toMatchObject({
        version: 2,
        health: { state: 'failed', reason: 'fan' },
        updatedAt: '2026-01-01T00:00:01.500Z',
      });
    });

    it('refuses a second device of one identity, and tells identities apart by case and trailing blank', async () => {
      await insert(
        aNewDevice({ identity: 'abc' }),
        aNewDevice({ identity: 'ABC' }),
        aNewDevice({ identity: 'abc ' }),
      );
      await expect(insert(aNewDevice({ identity: 'abc' }))).rejects.toMatchObject({
        code: 'store.conflict',
        kind: 'conflict',
      });
    });

    // SQLite has no lengths; zod at the doors has.
    it.skipIf(database.kind === 'sqlite')('refuses what does not fit instead of cutting it off', async () => {
      const tooLong = insert(aNewDevice({ model: 'x'.repeat(256) }));
      await expect(tooLong).rejects.toMatchObject({ code: 'internal.unexpected' });
      expect((await store.devices.list()).items).toEqual([]);
    });

    it('gives pages in order of arrival, and refuses a marker it does not know', async () => {
      const devices = Array.from({ length: 5 }, (_, index) => aNewDevice({ identity: `GPU-${index}` }));
      await insert(...devices);
      const seen: string[] = [];
      let marker: string | undefined;
      do {
        const page = await store.devices.list({ limit: 2, marker });
        seen.push(...page.items.map((device) => device.identity));
        marker = page.next ?? undefined;
      } while (marker !== undefined);
      expect(seen).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3', 'GPU-4']);
      await expect(store.devices.list({ marker: newId() })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    });

    it('finds devices by each condition and by part of a text, taking % and _ as they are', async () => {
      await store.transaction(({ hosts }) => hosts.ensure('compute2'));
      await insert(
        aNewDevice({ identity: 'a', model: 'Load 100%' }),
        aNewDevice({ identity: 'b', kind: 'FPGA', vendor: '8086', host: 'compute2', state: 'ready' }),
        aNewDevice({ identity: 'c_d', health: { state: 'failed' }, driver: 'pci' }),
      );
      const found = async (query: Parameters<Store['devices']['list']>[0]) =>
        (await store.devices.list(query)).items.map((device) => device.identity);
      expect(await found({ kind: 'FPGA' })).toEqual(['b']);
      expect(await found({ host: 'compute2', vendor: '8086', state: 'ready' })).toEqual(['b']);
      expect(await found({ host: 'compute1', state: 'ready' })).toEqual([]);
      expect(await found({ health: 'failed' })).toEqual(['c_d']);
      expect(await found({ driver: 'pci' })).toEqual(['c_d']);
      expect(await found({ text: '0%' })).toEqual(['a']);
      expect(await found({ text: '_' })).toEqual(['c_d']);
      expect(await found({ text: 'nvidia h' })).toEqual(['b', 'c_d']);
      expect(await store.devices.count()).toHaveLength(3);
    });

    it('numbers events in the order in which their transactions were committed, without a gap', async () => {
      const writers = Array.from({ length: 10 }, (_, writer) =>
        store.transaction(async ({ events, hosts }) => {
          events.add({ type: 'host.up', subject: `first of ${writer}`, host: null, data: { writer } });
          await hosts.ensure(`host-${writer}`);
          events.add({ type: 'host.up', subject: `second of ${writer}`, host: null, data: { writer } });
        }),
      );
      await Promise.all(writers);
      const events = await store.events.list({ after: 0, limit: 100 });
      expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      for (let index = 0; index < 20; index += 2)
        expect(events[index]?.data).toEqual(events[index + 1]?.data);
      expect(await store.events.latestId()).toBe(20);
    });

    const tell = (subject: string, other = store) =>
      other.transaction(async ({ events }) => {
        events.add({ type: 'host.up', subject, host: null, data: {} });
      });

    // SQLite has one transaction at a time.
    it.skipIf(database.kind === 'sqlite')(
      'gives an event that is committed later an id behind those that were seen',
      async () => {
        let commit = () => {};
        const begun = Promise.withResolvers<void>();
        const slow = store.transaction(async ({ events, hosts }) => {
          events.add({ type: 'host.up', subject: 'slow', host: null, data: {} });
          await hosts.hold('compute1');
          begun.resolve();
          await new Promise<void>((resolve) => {
            commit = resolve;
          });
        });
        await begun.promise;
        await tell('fast');
        expect(await store.events.list({ after: 0, limit: 9 })).toMatchObject([{ id: 1, subject: 'fast' }]);
        commit();
        await slow;
        expect(await store.events.list({ after: 1, limit: 9 })).toMatchObject([{ id: 2, subject: 'slow' }]);
      },
    );

    it('gives each event one id, however many look while others write', async () => {
      const others = await Promise.all(
        Array.from({ length: 3 }, () =>
          createStore(opened.target, { now: clock.now, newId, log: silentLog }),
        ),
      );
      const look = async (other: Store): Promise<number[]> => {
        const seen: number[] = [];
        for (let after = 0; seen.length < 60; after = seen.at(-1) ?? 0)
          seen.push(...(await other.events.list({ after, limit: 7 })).map(({ id }) => id));
        return seen;
      };
      const looking = Promise.all(others.map(look));
      for (let turn = 0; turn < 20; turn += 1)
        await Promise.all(others.map((other, index) => tell(`${turn} of ${index}`, other)));
      const all = Array.from({ length: 60 }, (_, index) => index + 1);
      expect(await looking).toEqual([all, all, all]);
      const events = await store.events.list({ after: 0, limit: 100 });
      expect(new Set(events.map(({ subject }) => subject)).size).toBe(60);
      await Promise.all(others.map((other) => other.close()));
    });

    it('ends a look though others write without rest', async () => {
      const most = 3_000;
      let written = 0;
      let looking = true;
      const writers = Array.from({ length: 4 }, async () => {
        for (; looking && written < most; written += 1) await tell(`event ${written}`);
      });
      await expect.poll(() => written).toBeGreaterThan(20);
      await store.events.latestId();
      looking = false;
      await Promise.all(writers);
      expect(written).toBeLessThan(most);
    });

    it.each([true, false])(
      'fails with what went wrong first, asked anything after it: %s',
      async (asking) => {
        const failing = store.transaction(async ({ acceleratorRequests, hosts, events }) => {
          await hosts.ensure('compute2');
          const request = { id: newId(), projectId: 'p', deviceProfileName: 'gone', groupIndex: 0 };
          await acceleratorRequests.insert([{ ...request, deviceProfileId: newId(), resourceClass: 'FPGA' }]);
          events.add({ type: 'host.up', subject: 'compute2', host: 'compute2', data: {} });
          if (asking) await hosts.get('compute2');
        });
        await expect(failing).rejects.toMatchObject({ code: 'store.conflict' });
        expect((await store.hosts.list()).items.map(({ name }) => name)).toEqual(['compute1']);
        expect(await store.acceleratorRequests.list()).toEqual([]);
        expect(await store.events.list({ after: 0, limit: 9 })).toEqual([]);
      },
    );

    it('finds events by type, by group of types, host and subject, after an id', async () => {
      await store.transaction(async ({ events }) => {
        events.add({ type: 'device.gone', subject: 'd1', host: 'compute1', data: {} });
        events.add({ type: 'device.state', subject: 'd1', host: 'compute1', data: { to: 'ready' } });
        events.add({ type: 'host.up', subject: 'compute2', host: 'compute2', data: {} });
      });
      const ids = async (query: object) =>
        (await store.events.list({ after: 0, limit: 10, ...query })).map((event) => event.id);
      expect(await ids({ types: ['device.*'] })).toEqual([1, 2]);
      expect(await ids({ types: ['device.gone', 'host.up'] })).toEqual([1, 3]);
      expect(await ids({ types: ['*.up', '*.state'] })).toEqual([2, 3]);
      expect(await ids({ types: ['*'] })).toEqual([1, 2, 3]);
      expect(await ids({ types: ['device.%', 'devic_.*', 'd!*'] })).toEqual([]);
      expect(await store.events.countOf([1, 2, 3], { after: 1, types: ['device.*', 'host.up'] })).toBe(2);
      expect(await ids({ host: 'compute2' })).toEqual([3]);
      expect(await ids({ subject: 'd1', after: 1 })).toEqual([2]);
      expect(await ids({ limit: 1 })).toEqual([1]);
    });

    it('keeps the latest readings of each driver, and shows those of devices that are there', async () => {
      const [here, gone] = [aNewDevice(), aNewDevice({ identity: 'GPU-2', state: 'gone' })];
      await insert(here, gone);
      const metrics = [{ name: 'power', unit: 'watts', kind: 'gauge' as const }];
      const read = (power: number) =>
        store.transaction(({ stats }) =>
          stats.put('compute1', 'gpu', {
            metrics,
            devices: { 'GPU-1': { power }, 'GPU-2': { power }, 'GPU-3': { power } },
          }),
        );
      await read(1);
      await read(2);
      const expected = {
        device: here.id,
        readAt: '2026-01-01T00:00:00.000Z',
        readings: [{ ...metrics[0], value: 2 }],
      };
      expect(await store.stats.recent(1000)).toEqual([{ ...expected, host: 'compute1', driver: 'gpu' }]);
      const nothing = (device: Uuid) => ({ device, readAt: null, readings: [] });
      expect(await store.stats.ofDevices([gone, here])).toEqual([nothing(gone.id), expected]);
      clock.advance(1001);
      expect(await store.stats.recent(1000)).toEqual([]);
      await store.transaction(({ hosts }) => hosts.removeDriver('compute1', 'gpu'));
      expect(await store.stats.ofDevices([here])).toEqual([nothing(here.id)]);
    });

    it('keeps how long the calls of each driver took', async () => {
      await insert(aNewDevice());
      const of = (count: number) => ({
        bounds: [1],
        durations: [{ verb: 'discover' as const, outcome: 'ok' as const, counts: [count, 0], seconds: 0.5 }],
      });
      for (const count of [1, 2])
        await store.transaction(({ stats }) => stats.putCalls('compute1', 'gpu', of(count)));
      expect(await store.stats.recentCalls(1000)).toEqual([
        { host: 'compute1', driver: 'gpu', calls: of(2) },
      ]);
      clock.advance(1001);
      expect(await store.stats.recentCalls(1000)).toEqual([]);
      await store.transaction(({ hosts }) => hosts.removeDriver('compute1', 'gpu'));
      expect(await store.stats.recentCalls(10_000)).toEqual([]);
    });

    it('lets transactions on one host follow each other', async () => {
      const rounds = Array.from({ length: 10 }, () =>
        store.transaction(async ({ hosts }) => {
          const { admitRevision } = await hosts.lock('compute1');
          await hosts.update('compute1', { admitRevision: admitRevision + 1 });
        }),
      );
      await Promise.all(rounds);
      expect((await store.hosts.get('compute1')).admitRevision).toBe(10);
    });

    it('makes a host once when two transactions want it new', async () => {
      const made = await Promise.all(
        Array.from({ length: 4 }, () => store.transaction(({ hosts }) => hosts.ensure('compute9'))),
      );
      expect(made.map((host) => host.name)).toEqual(Array(4).fill('compute9'));
      expect((await store.hosts.list()).items.map((host) => host.name)).toEqual(['compute1', 'compute9']);
    });

    it('keeps device profiles by exact name', async () => {
      const profile = (name: string) => ({
        id: newId(),
        name,
        description: null,
        groups: [{ 'resources:FPGA': '1' }],
      });
      const add = (name: string) =>
        store.transaction(({ deviceProfiles }) => deviceProfiles.insert(profile(name)));
      await add('gold');
      await add('Gold');
      await expect(add('gold')).rejects.toMatchObject({ code: 'device_profile.exists' });
      expect((await store.deviceProfiles.findByName('Gold'))?.name).toBe('Gold');
      expect(await store.deviceProfiles.findByName('GOLD')).toBeUndefined();
      const { items } = await store.deviceProfiles.list({ names: ['gold', 'nope'] });
      expect(items.map(({ name }) => name)).toEqual(['gold']);
      expect((await store.deviceProfiles.list({ names: [] })).items).toEqual([]);
    });

    it('neither keeps nor looks for a text with NUL in it, whichever database it is', async () => {
      const refused = { code: 'store.text_refused', message: expect.stringContaining('"a\\u0000b"') };
      await expect(store.hosts.get('a\0b')).rejects.toMatchObject(refused);
      await expect(store.transaction(({ hosts }) => hosts.ensure('a\0b'))).rejects.toMatchObject(refused);
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('names the noun that is missing', async () => {
      await expect(store.hosts.get('nope')).rejects.toMatchObject({ code: 'host.not_found' });
      await expect(store.devices.get('nope')).rejects.toMatchObject({ code: 'device.not_found' });
      await expect(store.deployables.get('nope')).rejects.toMatchObject({ code: 'deployable.not_found' });
      await expect(store.attributes.get('nope')).rejects.toMatchObject({ code: 'attribute.not_found' });
      await expect(store.operations.get('nope')).rejects.toMatchObject({ code: 'operation.not_found' });
    });

    it('finds the operations that ended after a time', async () => {
      const end = async () => {
        const id = newId();
        const about = {
          verb: 'discover',
          host: 'compute1',
          driver: null,
          deviceId: null,
          target: null,
        } as const;
        const due = { deadlineAt: clock.now(), nextAttemptAt: clock.now() };
        await store.transaction(async ({ operations }) => {
          const asked = { arguments: {}, requestedBy: 'operator', idempotencyKey: null };
          await operations.insert({ id, ...about, ...asked, ...due });
          await operations.update(id, { state: 'failed', endedAt: clock.now() });
        });
        return id;
      };
      const endedSince = clock.now();
      await end();
      clock.advance(1);
      const late = await end();
      const { items } = await store.operations.list({ host: 'compute1', endedSince });
      expect(items.map(({ id }) => id)).toEqual([late]);
    });

    it('keeps numbers rising after the newest device was removed', async () => {
      const [first, second] = [aNewDevice({ identity: 'a' }), aNewDevice({ identity: 'b' })];
      await insert(first, second);
      await store.transaction(({ devices }) => devices.remove([second.id]));
      const third = aNewDevice({ identity: 'c' });
      await insert(third);
      const oldest = await store.devices.get(first.id);
      expect((await store.devices.get(third.id)).number).toBe(oldest.number + 2);
    });

    it('keeps what it has when it is opened again, by two at once', async () => {
      const device = aNewDevice();
      await insert(device);
      const open = () => createStore(opened.target, { now: clock.now, newId, log: silentLog });
      const [one, other] = [await open(), await open()];
      expect((await one.devices.get(device.id)).identity).toBe('GPU-1');
      await other.transaction(({ devices }) => devices.update(device.id, { state: 'ready' }));
      expect((await one.devices.get(device.id)).state).toBe('ready');
      await Promise.all([one.close(), other.close()]);
    });

    it('keeps nothing when the commit does not come about, and tells observers only of what is kept', async () => {
      let stopBefore = true;
      const seen: number[] = [];
      const other = await createStore(opened.target, {
        now: clock.now,
        newId,
        log: silentLog,
        onCommit: async (phase) => {
          if (phase === 'before' && stopBefore) throw new Error('killed');
        },
      });
      other.observe(({ events }) => seen.push(events.length));
      const write = () =>
        other.transaction(async ({ events }) => {
          events.add({ type: 'host.up', subject: 'compute1', host: 'compute1', data: {} });
        });
      await expect(write()).rejects.toThrow('killed');
      stopBefore = false;
      await write();
      await other.close();
      expect(seen).toEqual([1]);
      expect(await store.events.latestId()).toBe(1);
    });

    it('answers a ping', () => expect(store.ping()).resolves.toBeUndefined());
  });
});
