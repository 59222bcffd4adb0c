import { allResourceClasses } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConductorBench, openConductorBench } from '../../test/conductor-bench.ts';
import { newId, silentLog, suiteName, testClock, testDatabases } from '../../test/test-store.ts';
import { createStore } from '../store/create-store.ts';
import type { StoredDeviceProfile } from '../store/device-profile.ts';
import type { Store } from '../store/store.ts';
import { createConductor } from './create-conductor.ts';

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('quotas', database), () => {
    let bench: ConductorBench;
    let profile: StoredDeviceProfile;
    beforeEach(async () => {
      bench = await openConductorBench(database, { quotas: { FPGA: 3 } });
      profile = await bench.conductor.createDeviceProfile({
        name: 'both',
        description: null,
        groups: [{ 'resources:FPGA': '1' }, { 'resources:PGPU': '1' }],
      });
    });
    afterEach(() => bench.end());

    const create = (projectId = 'p1') =>
      bench.conductor.createAcceleratorRequests({ profileName: profile.name, projectId, requestedBy: 'u' });
    const set = (limits: Readonly<Record<string, number | null>>, projectId = 'p1') =>
      bench.conductor.setQuotas({ projectId, limits, requestedBy: 'operator' });

    it('of the configuration hold for each project and class by itself; what is deleted counts no more', async () => {
      const [first] = await create();
      await create();
      await create();
      await expect(create()).rejects.toMatchObject({
        code: 'quota.exceeded',
        message: expect.stringMatching(
          /class FPGA in project p1: limit 3, used 3, asked 1\..*cyborg quota set p1 'FPGA=4'/,
        ),
        details: { project: 'p1', resourceClass: 'FPGA', limit: 3, used: 3, asked: 1 },
      });
      expect(await create('p2')).toHaveLength(2);
      await bench.conductor.deleteAcceleratorRequests({
        which: { ids: [first?.id ?? newId()] },
        evenServed: false,
        onlyProject: null,
        requestedBy: 'u',
      });
      expect(await create()).toHaveLength(2);
    });

    it('of a project win over those of the configuration, until they are taken back', async () => {
      await set({ FPGA: 1, PGPU: 0 });
      await expect(create()).rejects.toMatchObject({ details: { resourceClass: 'PGPU', limit: 0 } });
      await set({ FPGA: -1, PGPU: null });
      for (let made = 0; made < 5; made += 1) await create();
      await set({ FPGA: null });
      await expect(create()).rejects.toMatchObject({ details: { resourceClass: 'FPGA', used: 5 } });
      expect((await bench.store.quotas.list()).items).toEqual([]);
    });

    it('may be for all classes together', async () => {
      await set({ [allResourceClasses]: 3, FPGA: -1 });
      await create();
      await expect(create()).rejects.toMatchObject({
        message: expect.stringContaining('for accelerators in project p1: limit 3, used 2, asked 2'),
      });
      expect(await bench.conductor.projectQuotas('p1')).toEqual({
        projectId: 'p1',
        quotas: [
          { resourceClass: '*', limit: 3, source: 'project', used: 2 },
          { resourceClass: 'FPGA', limit: -1, source: 'project', used: 1 },
          { resourceClass: 'PGPU', limit: -1, source: 'configuration', used: 1 },
        ],
      });
    });

    it('that nobody set ask nothing of anybody', async () => {
      await set({ FPGA: -1 });
      await create();
      expect((await bench.store.quotas.list()).items).toEqual([{ projectId: 'p1', limits: { FPGA: -1 } }]);
      expect(await bench.conductor.projectQuotas('nobody')).toMatchObject({
        quotas: [
          { resourceClass: '*', limit: -1, used: 0 },
          { resourceClass: 'FPGA', limit: 3, used: 0 },
        ],
      });
    });

    it('are listed page by page', async () => {
      for (const project of ['p3', 'p1', 'p2']) await set({ PGPU: 1, FPGA: 2 }, project);
      const first = await bench.store.quotas.list({ limit: 2 });
      expect(first).toMatchObject({
        items: [{ projectId: 'p1', limits: { FPGA: 2, PGPU: 1 } }, { projectId: 'p2' }],
        next: 'p2',
      });
      expect(await bench.store.quotas.list({ limit: 2, marker: 'p2' })).toMatchObject({
        items: [{ projectId: 'p3' }],
        next: null,
      });
    });
  });

  describe.skipIf(database.missing !== undefined)(suiteName('quotas of two at once', database), () => {
    it('let exactly as many pass as there is room for', { timeout: 60_000 }, async () => {
      const { target, drop } = await database.create();
      const stores: Store[] = [];
      try {
        const init = { now: testClock().now, newId, log: silentLog };
        stores.push(await createStore(target, init));
        // Two of one process would wait for each other's SQLite for ever.
        if (target.kind !== 'sqlite') stores.push(await createStore(target, init));
        const bench = await openConductorBench();
        const conductors = stores.map((store) =>
          createConductor({ ...bench.context, store }, { ...bench.context.settings, quotas: { FPGA: 10 } }),
        );
        const profile = await conductors[0]?.createDeviceProfile({
          name: 'one',
          description: null,
          groups: [{ 'resources:FPGA': '1' }],
        });
        if (profile === undefined) throw new Error('no profile');
        const answers = await Promise.allSettled(
          Array.from({ length: 16 }, (_, index) =>
            conductors[index % conductors.length]?.createAcceleratorRequests({
              profileName: profile.name,
              projectId: 'p',
              requestedBy: 'u',
            }),
          ),
        );
        const refusals = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
        expect(refusals).toEqual(Array.from({ length: 6 }, () => 'quota.exceeded'));
        expect(await stores.at(-1)?.acceleratorRequests.list()).toHaveLength(10);
        await bench.end();
      } finally {
        await Promise.all(stores.map((store) => store.close()));
        await drop();
      }
    });
  });
});
