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

    it('gives each the next free handle of the deployable it wants, and tells which', async () => {
      const [large, small] = [await putDeployable(store, ['a', 'b']), await putDeployable(store, ['c'])];
      const wishes = [large, small, large, small].map(({ id }) => ({ deployableId: id, holderId: newId() }));
      const taken = await store.transaction(({ deployables }) =>
        deployables.holdFreeHandles('accelerator_request', wishes),
      );
      const [first, second, third] = wishes.map(({ holderId: id }) => ({
        holder: { kind: 'accelerator_request', id },
      }));
      expect(taken).toEqual([
        { uuid: large.handles[0], id: 'a', type: 'PCI', ...first },
        { uuid: small.handles[0], id: 'c', type: 'PCI', ...second },
        { uuid: large.handles[1], id: 'b', type: 'PCI', ...third },
        undefined,
      ]);
    });

    it('gives none to who holds one, whether another is free or not', async () => {
      const { id } = await putDeployable(store, ['a', 'b']);
      const full = await putDeployable(store, []);
      const holderId = newId();
      const hold = (deployableId: Uuid) =>
        store.transaction(({ deployables }) =>
          deployables.holdFreeHandles('attachment', [{ deployableId, holderId }]),
        );
      expect(await hold(id)).toMatchObject([{ id: 'a' }]);
      await expect(hold(id)).rejects.toMatchObject({ code: 'store.conflict' });
      expect(await hold(full.id)).toEqual([undefined]);
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
