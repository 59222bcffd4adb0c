import { beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, describeWithPlacement } from '../../test/placement-peers.ts';
import {
  aConsumer,
  aDevice,
  aRoot,
  aTree,
  expectedTree,
  heldTree,
  type Root,
} from '../../test/tree-builders.ts';
import { adoptOwners, nameConflictsOf } from './adopt-owners.ts';
import { applyCleanup, planCleanup } from './clean-up.ts';
import { syncTree } from './tree-sync.ts';

const quick = { random: () => 0 };

describeWithPlacement('a name that an older provider has', (bench) => {
  let old: Root;
  let anew: Root;
  beforeEach(() => {
    bench.server.forget();
    old = aRoot();
    anew = { uuid: aUuid(), name: old.name };
  });

  const sync = (tree: Parameters<typeof syncTree>[1]) => syncTree(bench.placement, tree, quick);
  const writes = () => bench.server.requests.filter(({ method }) => method !== 'GET');

  /** An old host with a card and a slice of it, and what the host that was installed anew wants. */
  async function aReinstalledHost() {
    const card = aDevice(old, 'card');
    const slice = aDevice(old, 'slice', { parentUuid: card.uuid });
    await sync(aTree(old, [card, slice]));
    const fresh = { ...card, uuid: aUuid() };
    const wanted = aTree(anew, [fresh, { ...slice, uuid: aUuid(), parentUuid: fresh.uuid }]);
    const error: unknown = await sync(wanted).catch((caught: unknown) => caught);
    const [conflict] = nameConflictsOf(error);
    bench.server.forget();
    return { card, slice, wanted, conflict };
  }

  it('is told with its owner, one by one or all of a sync', async () => {
    const { conflict } = await aReinstalledHost();
    expect(conflict).toEqual({
      name: old.name,
      uuid: anew.uuid,
      ownerUuid: old.uuid,
      ownerRootUuid: old.uuid,
    });
    const elsewhere = aRoot();
    const devices = ['card', 'slice'].map((end) => aDevice(old, end));
    const error: unknown = await sync(aTree(elsewhere, devices)).catch((caught: unknown) => caught);
    expect(nameConflictsOf(error).map(({ uuid }) => uuid)).toEqual(devices.map(({ uuid }) => uuid));
    expect(nameConflictsOf(new Error('something else'))).toEqual([]);
  });

  describe('cleaned up', () => {
    it('is free for the new one', async () => {
      const { card, slice, wanted, conflict } = await aReinstalledHost();
      const plan = await planCleanup(bench.placement, { uuid: conflict?.ownerUuid ?? '' });
      expect(plan).toMatchObject({ uuid: old.uuid, name: old.name, consumers: [] });
      expect(plan.providers.map(({ uuid }) => uuid)).toEqual([slice.uuid, card.uuid, old.uuid]);
      expect(writes()).toEqual([]);
      expect(await applyCleanup(bench.placement, plan)).toEqual([slice.uuid, card.uuid, old.uuid]);
      expect(await applyCleanup(bench.placement, plan)).toEqual([]);
      await sync(wanted);
      expect(await heldTree(bench.placement, anew)).toEqual(expectedTree(wanted, anew));
    });

    it('takes only the part of a tree below it', async () => {
      const { card, slice } = await aReinstalledHost();
      const plan = await planCleanup(bench.placement, { name: card.name });
      expect(await applyCleanup(bench.placement, plan)).toEqual([slice.uuid, card.uuid]);
      expect(await heldTree(bench.placement, old)).toEqual({});
    });

    it('is kept whole when anything of it is allocated, with the consumers named', async () => {
      const { card, slice } = await aReinstalledHost();
      await aConsumer(bench, slice.uuid);
      const plan = await planCleanup(bench.placement, { uuid: old.uuid });
      expect(plan.consumers).toEqual([
        { consumer: expect.any(String), provider: slice.uuid, resources: { PGPU: 1 } },
      ]);
      await expect(applyCleanup(bench.placement, plan)).rejects.toMatchObject({
        code: 'placement.resource_provider.inuse',
        details: { consumers: plan.consumers },
        message: expect.stringContaining(plan.consumers[0]?.consumer ?? 'none'),
      });
      expect(Object.keys(await heldTree(bench.placement, old)).toSorted()).toEqual([card.name, slice.name]);
    });

    it('is kept whole when somebody wrote to it after the plan', async () => {
      const { card, slice } = await aReinstalledHost();
      const plan = await planCleanup(bench.placement, { uuid: old.uuid });
      await aConsumer(bench, card.uuid);
      const refused = { code: 'placement.concurrent_update' };
      await expect(applyCleanup(bench.placement, plan)).rejects.toMatchObject(refused);
      expect(Object.keys(await heldTree(bench.placement, old)).toSorted()).toEqual([card.name, slice.name]);
    });

    it.each(['drop-request', 'drop-reply'] as const)('goes on after a %s at any deletion', async (kind) => {
      for (let n = 0; n < 3; n++) {
        old = aRoot();
        const { card } = await aReinstalledHost();
        const plan = await planCleanup(bench.placement, { uuid: old.uuid });
        const kill = new AbortController();
        bench.server.intercept(({ method }) => {
          if (method !== 'DELETE' || writes().length - 1 !== n) return undefined;
          kill.abort(new Error('killed'));
          return { kind };
        });
        await expect(applyCleanup(bench.placement, plan, { signal: kill.signal })).rejects.toThrow('killed');
        bench.server.forget();
        const left = await planCleanup(bench.placement, { name: old.name }).catch(() => undefined);
        if (left === undefined) expect([kind, n]).toEqual(['drop-reply', 2]);
        else await applyCleanup(bench.placement, left);
        for (const name of [old.name, card.name])
          expect(await bench.placement.resourceProviders.list({ name })).toEqual([]);
      }
    });

    it('must be there', async () => {
      for (const nobody of [{ uuid: aUuid() }, { name: aName('nobody') }])
        await expect(planCleanup(bench.placement, nobody)).rejects.toMatchObject({
          code: 'placement.not_found',
          message: expect.stringContaining(Object.values(nobody)[0] ?? ''),
        });
    });
  });

  describe('adopted', () => {
    it('keeps its uuids and what is allocated of them', async () => {
      const { card, slice, wanted } = await aReinstalledHost();
      await aConsumer(bench, slice.uuid);
      const { tree, adopted } = await adoptOwners(bench.placement, wanted);
      expect(writes().filter(({ path }) => !path.startsWith('/allocations'))).toEqual([]);
      expect(adopted.map(({ ownerUuid }) => ownerUuid)).toEqual([old.uuid, card.uuid, slice.uuid]);
      expect(await sync(tree)).toMatchObject({ rootUuid: old.uuid, created: [], updated: [], deleted: [] });
      expect(await heldTree(bench.placement, old)).toEqual(expectedTree(tree, old));
      expect((await adoptOwners(bench.placement, tree)).adopted).toEqual([]);
    });

    it('comes from another tree with all below it', async () => {
      const { card, slice } = await aReinstalledHost();
      const root = aRoot();
      const wanted = aTree(root, [
        { ...card, uuid: aUuid() },
        { ...slice, uuid: aUuid() },
      ]);
      const { tree } = await adoptOwners(bench.placement, wanted);
      await sync(tree);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
      expect(await heldTree(bench.placement, old)).toEqual({});
    });

    it('is refused where something is allocated under the uuid that would be given up', async () => {
      const { card } = await aReinstalledHost();
      const root = aRoot();
      const device = aDevice(root, 'here');
      await sync(aTree(root, [device]));
      await aConsumer(bench, device.uuid);
      await expect(
        adoptOwners(bench.placement, aTree(root, [{ ...device, name: card.name }])),
      ).rejects.toMatchObject({
        code: 'placement.resource_provider.inuse',
        message: expect.stringContaining(device.uuid),
        details: { consumers: [{ provider: device.uuid, resources: { PGPU: 1 } }] },
      });
    });
  });
});
