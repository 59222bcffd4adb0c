import { beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, describeWithPlacement } from '../../test/placement-peers.ts';
import {
  aConsumer,
  aDevice,
  addTrait,
  aRoot,
  aTree,
  expectedTree,
  heldTree,
  ownedPrefix,
  type Root,
} from '../../test/tree-builders.ts';
import type { DesiredProvider } from './desired-tree.ts';
import { createTreeSync, syncTree, type TreeSync } from './tree-sync.ts';

const quick = { random: () => 0 };
const aTrait = (name: string) => aName(ownedPrefix + name);

describeWithPlacement('tree sync', (bench) => {
  let root: Root;
  let sync: TreeSync;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
    sync = createTreeSync(bench.placement, quick);
  });

  const writes = () => bench.server.requests.filter(({ method }) => method !== 'GET');

  describe('costs', () => {
    it('of a first report are few, of an unchanged one a single request', async () => {
      await bench.placement.resourceProviders.create(root);
      const traits = Array.from({ length: 5 }, (_, index) => aTrait(`T${index}`));
      const devices = Array.from({ length: 8 }, (_, index) => aDevice(root, `dev${index}`, { traits }));
      const tree = aTree(root, devices);
      const first = await sync.sync(tree);
      // The tree, five traits; then provider, traits and inventory of each.
      expect(first).toMatchObject({ requests: 1 + 5 + 8 * 3, conflicts: 0, retained: [] });
      expect(first.created.toSorted()).toEqual(devices.map(({ uuid }) => uuid).toSorted());
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));

      bench.server.forget();
      expect((await sync.sync(tree)).requests).toBe(1);
      expect(bench.server.requests).toHaveLength(1);
      expect(bench.server.requests[0]).toMatchObject({ method: 'GET', query: `?in_tree=${root.uuid}` });
    });

    it('of one changed total are two requests, of a trait that is known too', async () => {
      const trait = aTrait('SHARED');
      const [one, two] = [aDevice(root, 'one', { traits: [trait] }), aDevice(root, 'two')];
      await sync.sync(aTree(root, [one, two]));
      const shrunk = { ...two, inventories: { PGPU: { total: 3, max_unit: 4 } } };
      expect(await sync.sync(aTree(root, [one, shrunk]))).toMatchObject({
        requests: 2,
        updated: [two.uuid],
      });
      const labelled = { ...shrunk, traits: [trait] };
      expect((await sync.sync(aTree(root, [one, labelled]))).requests).toBe(2);
      const novel = { ...shrunk, traits: [aTrait('NEW')] };
      expect((await sync.sync(aTree(root, [one, novel]))).requests).toBe(3);
    });

    it('after a restart are the reading of each provider, without a write', async () => {
      const tree = aTree(root, [aDevice(root, 'one', { traits: [aTrait('A')] }), aDevice(root, 'two')]);
      await sync.sync(tree);
      bench.server.forget();
      expect(await syncTree(bench.placement, tree, quick)).toMatchObject({
        requests: 5,
        updated: [],
        created: [],
      });
      expect(writes()).toEqual([]);
    });

    it('of an allocation by others are the reading of that provider', async () => {
      const [one, two] = [aDevice(root, 'one'), aDevice(root, 'two')];
      const tree = aTree(root, [one, two]);
      await sync.sync(tree);
      await aConsumer(bench, one.uuid);
      expect(await sync.sync(tree)).toMatchObject({ requests: 3, updated: [] });
      expect((await sync.sync(tree)).requests).toBe(1);
    });
  });

  describe('what is not ours', () => {
    it('survives: foreign traits, foreign providers, and all of the root', async () => {
      await bench.placement.resourceProviders.create(root);
      await bench.placement.inventories.add(root.uuid, { resource_class: 'VCPU', total: 8 });
      await addTrait(bench.placement, root.uuid, aTrait('LOOKS_LIKE_OURS'));
      const foreigner = { uuid: aUuid(), name: aName('numa0'), parent_provider_uuid: root.uuid };
      await bench.placement.resourceProviders.create(foreigner);
      const [keep, drop] = [aTrait('KEEP'), aTrait('DROP')];
      const device = aDevice(root, 'one', { traits: [keep, drop] });
      await sync.sync(aTree(root, [device]));
      const foreign = aName('CUSTOM_FOREIGN');
      await addTrait(bench.placement, device.uuid, foreign);
      await sync.sync(aTree(root, [{ ...device, traits: [keep] }]));
      const held = await heldTree(bench.placement, root);
      expect(held[device.name]?.traits).toEqual([keep, foreign].toSorted());
      await sync.sync(aTree(root, []));
      expect(Object.keys(await heldTree(bench.placement, root))).toEqual([foreigner.name]);
      expect((await bench.placement.inventories.get(root.uuid)).inventories.VCPU?.total).toBe(8);
      expect((await bench.placement.providerTraits.get(root.uuid)).traits).toHaveLength(1);
    });

    it('is put back where it was ours: an own trait and inventory that others changed', async () => {
      const device = aDevice(root, 'one', { traits: [aTrait('A')] });
      const tree = aTree(root, [device]);
      await sync.sync(tree);
      const { resource_provider_generation } = await bench.placement.providerTraits.get(device.uuid);
      await bench.placement.providerTraits.replace(device.uuid, { resource_provider_generation, traits: [] });
      await bench.placement.inventories.delete(device.uuid);
      expect((await sync.sync(tree)).updated).toEqual([device.uuid]);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
    });
  });

  describe('the shape of the tree', () => {
    it('is made parents first, moved, renamed, and taken down children first', async () => {
      const card = aDevice(root, 'card', { inventories: {}, traits: [] });
      const slices = ['a', 'b'].map((name) => aDevice(root, `card_${name}`, { parentUuid: card.uuid }));
      const nested = aTree(root, [...slices, card]);
      await sync.sync(nested);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(nested, root));

      const [first, second] = slices as [DesiredProvider, DesiredProvider];
      const moved = { ...first, parentUuid: null, name: `${first.name}_renamed` };
      const flat = aTree(root, [card, moved, second]);
      const result = await sync.sync(flat);
      expect(result).toMatchObject({ requests: 2, updated: [first.uuid] });
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(flat, root));

      expect((await sync.sync(aTree(root, []))).deleted).toHaveLength(3);
      expect(await heldTree(bench.placement, root)).toEqual({});
    });

    it('hangs below a root found by its name, also when that was made anew', async () => {
      const byName = { root: { name: root.name }, createRoot: false };
      const device = aDevice(root, 'one');
      await expect(sync.sync(aTree(root, [device], byName))).rejects.toMatchObject({
        code: 'placement.root_not_found',
        kind: 'not-found',
        message: expect.stringContaining(root.name),
      });
      await bench.placement.resourceProviders.create(root);
      expect((await sync.sync(aTree(root, [device], byName))).rootUuid).toBe(root.uuid);
      expect((await sync.sync(aTree(root, [device], byName))).requests).toBe(1);
      await sync.sync(aTree(root, [], byName));
      await bench.placement.resourceProviders.delete(root.uuid);
      const again = { ...root, uuid: aUuid() };
      await bench.placement.resourceProviders.create(again);
      expect((await sync.sync(aTree(again, [device], byName))).rootUuid).toBe(again.uuid);
    });

    it('lacks only what has no parent', async () => {
      const [lost, fine] = [aDevice(root, 'lost', { parentUuid: aUuid() }), aDevice(root, 'fine')];
      await expect(sync.sync(aTree(root, [lost, fine]))).rejects.toMatchObject({
        code: 'placement.parent_missing',
        message: expect.stringContaining(lost.name),
      });
      expect(Object.keys(await heldTree(bench.placement, root))).toEqual([fine.name]);
    });
  });

  describe('what exists already', () => {
    it('under its uuid is adopted, wherever it hangs and whatever it is called', async () => {
      const elsewhere = aRoot();
      await bench.placement.resourceProviders.create(elsewhere);
      const device = aDevice(root, 'one');
      const stray = { uuid: device.uuid, name: aName('old'), parent_provider_uuid: elsewhere.uuid };
      await bench.placement.resourceProviders.create(stray);
      const foreign = aName('CUSTOM_FOREIGN');
      await addTrait(bench.placement, device.uuid, foreign);
      const result = await sync.sync(aTree(root, [device]));
      expect(result).toMatchObject({ created: [root.uuid], adopted: [device.uuid] });
      const held = await heldTree(bench.placement, root);
      expect(held[device.name]).toMatchObject({
        parent: root.name,
        traits: [foreign, 'OWNER_CYBORG'].toSorted(),
      });
    });

    it('under its name with another uuid is a conflict that names the owner, and keeps nobody else', async () => {
      const [taken, fine] = [aDevice(root, 'taken'), aDevice(root, 'fine')];
      const owner = { uuid: aUuid(), name: taken.name };
      await bench.placement.resourceProviders.create(owner);
      await expect(sync.sync(aTree(root, [taken, fine]))).rejects.toMatchObject({
        name: 'PlacementError',
        code: 'placement.name_conflict',
        kind: 'conflict',
        details: { name: taken.name, uuid: taken.uuid, ownerUuid: owner.uuid, ownerRootUuid: owner.uuid },
        message: expect.stringContaining(owner.uuid),
      });
      expect(Object.keys(await heldTree(bench.placement, root))).toEqual([fine.name]);
      await bench.placement.resourceProviders.delete(owner.uuid);
      expect((await sync.sync(aTree(root, [taken, fine]))).created).toEqual([taken.uuid]);
    });

    it('in the way of a renaming is the same conflict, and several failures come as one error', async () => {
      const [one, two] = [aDevice(root, 'one'), aDevice(root, 'two')];
      await sync.sync(aTree(root, [one, two]));
      const [left, right] = [aName('left'), aName('right')];
      for (const name of [left, right])
        await bench.placement.resourceProviders.create({ uuid: aUuid(), name });
      const renamed = [
        { ...one, name: left },
        { ...two, name: right },
      ];
      const error = await sync.sync(aTree(root, renamed)).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'placement.sync_incomplete', kind: 'conflict' });
      expect(error.details.failures).toHaveLength(2);
      expect(error.details.failures[0]).toMatchObject({ code: 'placement.name_conflict' });
    });
  });
});
