import type { ResourceClass, Trait, Uuid } from '@cyborgjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { newId, openTestStore, suiteName, type TestStore, testDatabases } from '../../test/test-store.ts';
import type { Store } from './store.ts';

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('who holds handles', database), () => {
    let store: Store;
    let opened: TestStore;

    beforeAll(async () => {
      opened = await openTestStore(database);
      store = opened.store;
    });
    beforeEach(() => store.transaction(({ hosts }) => hosts.ensure('compute1')));
    afterEach(() => opened.clear());
    afterAll(() => opened.end());

    const aHandle = async (name: string) => (await putDeployable(store, [name])).handles[0] as Uuid;

    it('gives a handle to exactly one of many who want it at once', async () => {
      const uuid = await aHandle('GPU-1');
      const wishes = Array.from({ length: 8 }, () =>
        store.transaction(({ deployables }) =>
          deployables.holdHandle(uuid, { kind: 'attachment', id: newId() }),
        ),
      );
      expect((await Promise.all(wishes)).filter(Boolean)).toHaveLength(1);
    });

    it('gives a holder one handle only, and frees it once', async () => {
      const [first, second] = [await aHandle('GPU-1'), await aHandle('GPU-2')];
      const holder = { kind: 'accelerator_request', id: newId() } as const;
      const hold = (uuid: typeof first) =>
        store.transaction(({ deployables }) => deployables.holdHandle(uuid, holder));
      const release = () => store.transaction(({ deployables }) => deployables.releaseHandle(holder));
      expect(await hold(first)).toBe(true);
      await expect(hold(second)).rejects.toMatchObject({ code: 'store.conflict' });
      expect(await release()).toBe(true);
      expect(await release()).toBe(false);
      expect(await hold(second)).toBe(true);
    });

    it('gives a holder the next free handle of a deployable, and tells which', async () => {
      const { id, handles } = await putDeployable(store, ['a', 'b']);
      const hold = () =>
        store.transaction(({ deployables }) =>
          deployables.holdFreeHandle(id, { kind: 'attachment', id: newId() }),
        );
      expect(await hold()).toEqual({ uuid: handles[0], id: 'a', type: 'PCI' });
      expect(await hold()).toEqual({ uuid: handles[1], id: 'b', type: 'PCI' });
      expect(await hold()).toBeUndefined();
    });

    it('gives several handles to several holders at once', async () => {
      const { handles } = await putDeployable(store, ['a', 'b', 'c']);
      const [first, second] = [newId(), newId()];
      await store.transaction(({ deployables }) =>
        deployables.holdHandles('accelerator_request', [
          { uuid: handles[2] as Uuid, holderId: first },
          { uuid: handles[0] as Uuid, holderId: second },
        ]),
      );
      const held = await store.deployables.held('accelerator_request', [first, second]);
      expect(new Map(held.map(({ id, holder }) => [id, holder.id]))).toEqual(
        new Map([
          ['c', first],
          ['a', second],
        ]),
      );
    });

    it('gives nothing of a transaction in which one handle is not free', async () => {
      const { handles } = await putDeployable(store, ['a', 'b', 'gone']);
      const [free, held, gone] = handles as [Uuid, Uuid, Uuid];
      const [holder, late] = [newId(), newId()];
      await store.transaction(async ({ deployables }) => {
        await deployables.holdHandle(held, { kind: 'attachment', id: holder });
        await deployables.updateHandle(gone, { present: false });
      });
      for (const taken of [held, gone])
        await expect(
          store.transaction(({ deployables }) =>
            deployables.holdHandles('attachment', [
              { uuid: free, holderId: newId() },
              { uuid: taken, holderId: late },
            ]),
          ),
        ).rejects.toMatchObject({ code: 'internal.unexpected' });
      expect(await store.deployables.heldOn('compute1')).toMatchObject([{ id: 'b', holder: { id: holder } }]);
    });

    it('tells what is free of the deployables of resource providers, by number', async () => {
      const { id, handles } = await putDeployable(store, ['z', 'b', 'a']);
      const { name } = await store.deployables.get(id);
      const providerId = newId();
      await store.transaction(async ({ deployables }) => {
        await deployables.setProviders('compute1', new Map([[name, providerId]]));
        await deployables.holdHandle(handles[1] as Uuid, { kind: 'attachment', id: newId() });
      });
      expect(await store.deployables.ofProviders([newId()])).toEqual([]);
      expect(await store.deployables.ofProviders([providerId])).toMatchObject([
        {
          id,
          free: [
            { uuid: handles[0], id: 'z' },
            { uuid: handles[2], id: 'a' },
          ],
        },
      ]);
    });
  });
});

/** A device of one deployable, with a handle of each name; the uuids of these. */
async function putDeployable(store: Store, names: readonly string[]) {
  const { deployables: _, ...device } = aDevice();
  const [deviceId, id] = [newId(), newId()];
  await store.transaction(async ({ devices, deployables }) => {
    await devices.insert([
      { ...device, id: deviceId, identity: deviceId, host: 'compute1', driver: 'gpu', state: 'discovered' },
    ]);
    await deployables.insert([
      {
        id,
        deviceId,
        name: deviceId,
        resourceClass: 'PGPU' as ResourceClass,
        traits: ['CUSTOM_A'] as Trait[],
        total: names.length,
      },
    ]);
    await deployables.insertHandles(
      names.map((name) => ({ deployableId: id, id: name, type: 'PCI', info: {} })),
    );
  });
  return { id, handles: (await store.deployables.get(id)).handles.map(({ uuid }) => uuid) };
}
