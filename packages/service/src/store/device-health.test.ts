import type { Health } from '@cyborgjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import {
  newId,
  openTestStore,
  suiteName,
  type TestClock,
  type TestStore,
  testClock,
  testDatabases,
} from '../../test/test-store.ts';

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('how a device felt', database), () => {
    let clock: TestClock;
    let opened: TestStore;
    const id = newId();
    const other = newId();

    beforeAll(async () => {
      opened = await openTestStore(database, { now: () => clock.now() });
    });
    beforeEach(async () => {
      clock = testClock();
      await opened.clear();
      await opened.store.transaction(async ({ hosts, devices }) => {
        await hosts.ensure('compute1');
        const { deployables: _, ...facts } = aDevice();
        const device = { ...facts, host: 'compute1', driver: 'gpu', state: 'discovered' as const };
        await devices.insert([
          { ...device, id, identity: 'GPU-1' },
          { ...device, id: other, identity: 'GPU-2' },
        ]);
      });
    });
    afterAll(() => opened.end());

    const change = (...healths: readonly Health[]) =>
      opened.store.transaction(async ({ devices }) => {
        for (const health of healths) {
          clock.advance(1_000);
          await devices.update(id, { health });
        }
      });
    const list = async (query = {}) => (await opened.store.deviceHealth.list(id, query)).items;
    const ofOther = async () => (await opened.store.deviceHealth.list(other)).items;

    it('is kept from the beginning on, with reasons, and ends where the next begins', async () => {
      await change({ state: 'failed', reason: 'Xid 79 🂡' }, { state: 'ok' });
      expect(await list()).toEqual([
        { id: expect.any(Number), state: 'ok', since: '2026-01-01T00:00:02.000Z', until: null },
        {
          id: expect.any(Number),
          state: 'failed',
          reason: 'Xid 79 🂡',
          since: '2026-01-01T00:00:01.000Z',
          until: '2026-01-01T00:00:02.000Z',
        },
        {
          id: expect.any(Number),
          state: 'ok',
          since: '2026-01-01T00:00:00.000Z',
          until: '2026-01-01T00:00:01.000Z',
        },
      ]);
      expect(await ofOther()).toMatchObject([{ state: 'ok', until: null }]);
    });

    it('is left alone by changes of anything else, and by those that are taken back', async () => {
      await opened.store.transaction(({ devices }) => devices.update(id, { model: 'another' }));
      const failing = opened.store.transaction(async ({ devices }) => {
        await devices.update(id, { health: { state: 'failed' } });
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await list()).toMatchObject([{ state: 'ok', until: null }]);
    });

    it('is read page by page, also from a period that has gone since', async () => {
      await change({ state: 'failed' }, { state: 'ok' }, { state: 'degraded' });
      const { items, next } = await opened.store.deviceHealth.list(id, { limit: 2 });
      expect(items.map(({ state }) => state)).toEqual(['degraded', 'ok']);
      expect(next).toBe(String(items[1]?.id));
      await opened.store.transaction(({ deviceHealth }) => deviceHealth.remove([items[1]?.id ?? 0]));
      const rest = await opened.store.deviceHealth.list(id, { limit: 2, marker: next ?? '' });
      expect(rest.items.map(({ state }) => state)).toEqual(['failed', 'ok']);
      expect(rest.next).toBeNull();
      await expect(list({ marker: 'x' })).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('is kept for a hundred periods of each device', async () => {
      await change(
        ...Array.from({ length: 120 }, (_, at): Health => ({ state: 'degraded', reason: `${at}` })),
      );
      const kept = await list();
      expect(kept).toHaveLength(100);
      expect([kept.at(0)?.reason, kept.at(-1)?.reason]).toEqual(['119', '20']);
      expect(await ofOther()).toHaveLength(1);
    });

    it('is forgotten by age, but not how a device feels now', async () => {
      await change({ state: 'failed' }, { state: 'ok' });
      const stale = await opened.store.deviceHealth.endedBefore(clock.now(), 10);
      expect(stale).toEqual([(await list()).at(-1)?.id]);
      await opened.store.transaction(({ deviceHealth }) => deviceHealth.remove(stale));
      clock.advance(1_000_000_000_000);
      expect(await opened.store.deviceHealth.endedBefore(clock.now(), 1)).toHaveLength(1);
      expect(await opened.store.deviceHealth.endedBefore(clock.now(), 10)).toHaveLength(1);
    });

    it('goes with the device', async () => {
      await opened.store.transaction(({ devices }) => devices.remove([id]));
      expect(await list()).toEqual([]);
      expect(await ofOther()).toHaveLength(1);
    });
  });
});
