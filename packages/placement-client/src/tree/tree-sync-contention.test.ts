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
import { createTreeSync, type TreeSync } from './tree-sync.ts';

const quick = { random: () => 0 };
const aTrait = (name: string) => aName(ownedPrefix + name);

describeWithPlacement('contended tree sync', (bench) => {
  let root: Root;
  let sync: TreeSync;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
    sync = createTreeSync(bench.placement, quick);
  });

  describe('what is in use', () => {
    it('is kept and closed when it should be gone, and goes when it is free', async () => {
      const device = aDevice(root, 'one');
      await sync.sync(aTree(root, [device]));
      const letGo = await aConsumer(bench, device.uuid);
      const retained = [{ uuid: device.uuid, name: device.name, reason: 'in-use' }];
      expect(await sync.sync(aTree(root, []))).toMatchObject({ deleted: [], retained });
      expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 4] });
      expect(await sync.sync(aTree(root, []))).toMatchObject({ requests: 2, retained });
      await letGo();
      expect(await sync.sync(aTree(root, []))).toMatchObject({ deleted: [device.uuid], retained: [] });
    });

    it('keeps its ancestors, which are closed too, while its siblings go', async () => {
      const card = aDevice(root, 'card');
      const [used, free] = ['used', 'free'].map((name) => aDevice(root, name, { parentUuid: card.uuid }));
      await sync.sync(aTree(root, [card, used, free] as DesiredProvider[]));
      await aConsumer(bench, used?.uuid ?? '');
      const result = await sync.sync(aTree(root, []));
      expect(result.deleted).toEqual([free?.uuid]);
      expect(result.retained.toSorted((a, b) => a.reason.localeCompare(b.reason))).toEqual([
        { uuid: card.uuid, name: card.name, reason: 'has-children' },
        { uuid: used?.uuid, name: used?.name, reason: 'in-use' },
      ]);
      const held = await heldTree(bench.placement, root);
      expect(Object.values(held).map(({ inventories }) => inventories)).toEqual([
        { PGPU: [4, 4] },
        { PGPU: [4, 4] },
      ]);
    });

    it('is kept below a provider that is not ours to delete', async () => {
      const card = aDevice(root, 'card');
      await sync.sync(aTree(root, [card]));
      const foreigner = { uuid: aUuid(), name: aName('child'), parent_provider_uuid: card.uuid };
      await bench.placement.resourceProviders.create(foreigner);
      const retained = [{ uuid: card.uuid, name: card.name, reason: 'has-children' }];
      expect((await sync.sync(aTree(root, []))).retained).toEqual(retained);
      expect(await sync.sync(aTree(root, []))).toMatchObject({ requests: 1, retained });
    });

    it('keeps a class that should be gone, closed, while others change', async () => {
      const inventories = { PGPU: { total: 4 }, VGPU: { total: 8 }, FPGA: { total: 1 } };
      const device = aDevice(root, 'one', { inventories });
      await sync.sync(aTree(root, [device]));
      const letGo = await aConsumer(bench, device.uuid, { VGPU: 2 });
      const tree = aTree(root, [{ ...device, inventories: { PGPU: { total: 2 } } }]);
      const retained = [{ uuid: device.uuid, name: device.name, reason: 'inventory-in-use' }];
      expect((await sync.sync(tree)).retained).toEqual(retained);
      expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({
        PGPU: [2, 0],
        VGPU: [8, 8],
      });
      expect(await sync.sync(tree)).toMatchObject({ requests: 2, retained, updated: [] });
      await letGo();
      expect((await sync.sync(tree)).retained).toEqual([]);
      expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({ PGPU: [2, 0] });
    });
  });

  describe('others who write at the same time', () => {
    const wrote = (path: string) => (request: { method: string; path: string }) =>
      request.method === 'PUT' && request.path.endsWith(path);

    it('cause one provider to be read again and merged', async () => {
      const [one, two] = [aDevice(root, 'one'), aDevice(root, 'two')];
      await sync.sync(aTree(root, [one, two]));
      const foreign = aName('CUSTOM_FOREIGN');
      bench.server.forget();
      let isDone = false;
      bench.server.intercept(async (request) => {
        if (isDone || !wrote(`${one.uuid}/inventories`)(request)) return undefined;
        isDone = true;
        await addTrait(bench.placement, one.uuid, foreign);
        return undefined;
      });
      const shrunk = [one, two].map((device) => ({ ...device, inventories: { PGPU: { total: 3 } } }));
      const tree = aTree(root, shrunk);
      expect(await sync.sync(tree)).toMatchObject({ conflicts: 1 });
      const reads = bench.server.requests.filter(
        ({ method, path }) => method === 'GET' && path.includes(two.uuid),
      );
      expect(reads).toEqual([]);
      const held = await heldTree(bench.placement, root);
      expect(held[one.name]?.traits).toEqual([foreign, 'OWNER_CYBORG'].toSorted());
      expect(held[one.name]?.inventories).toEqual({ PGPU: [3, 0] });
    });

    it('are waited out for so long, and then named', async () => {
      const device = aDevice(root, 'one');
      await sync.sync(aTree(root, [device]));
      bench.server.intercept(async (request) => {
        if (wrote(`${device.uuid}/inventories`)(request))
          await addTrait(bench.placement, device.uuid, aName('CUSTOM_FOREIGN'));
        return undefined;
      });
      const tree = aTree(root, [{ ...device, inventories: { PGPU: { total: 3 } } }]);
      const error = await sync.sync(tree).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'placement.conflict_persists', kind: 'conflict' });
      expect(error.details).toMatchObject({
        uuid: device.uuid,
        observed: { contents: { inventories: { PGPU: { total: 4 } } } },
        wanted: { inventories: { PGPU: { total: 3 } } },
      });
      expect(bench.server.requests.filter(wrote(`${device.uuid}/inventories`))).toHaveLength(1 + 5);
      bench.server.intercept(undefined);
      await sync.sync(tree);
      expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({ PGPU: [3, 0] });
    });

    it('may show as a crash of the server in PUT traits', async () => {
      const device = aDevice(root, 'one');
      const detail =
        'The server has either erred.\n\n Another thread concurrently updated the resource provider data. Please retry your update';
      bench.server.failNext(
        { status: 500, body: { errors: [{ status: 500, detail, code: 'placement.undefined_code' }] } },
        { method: 'PUT', path: `/resource_providers/${device.uuid}/traits` },
      );
      const tree = aTree(root, [device]);
      expect((await sync.sync(tree)).conflicts).toBe(1);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
    });

    it('and own other traits of the same providers lose nothing to us, nor we to them', async () => {
      const devices = ['one', 'two', 'three'].map((name) =>
        aDevice(root, name, { inventories: {}, traits: [] }),
      );
      await sync.sync(aTree(root, devices));
      const [ours, theirs] = [aTrait('OURS'), aTrait('THEIRS')];
      const treeOf = (trait: string) =>
        aTree(
          root,
          devices.map((device) => ({ ...device, traits: [trait] })),
          { ownedTrait: (name) => name === trait },
        );
      const other = createTreeSync(bench.placement, quick);
      await Promise.all([
        sync.sync(treeOf(ours)),
        other.sync(treeOf(theirs)),
        sync.sync(treeOf(ours)),
        other.sync(treeOf(theirs)),
      ]);
      for (const { traits } of Object.values(await heldTree(bench.placement, root)))
        expect(traits).toEqual([ours, theirs].toSorted());
    });

    it('and delete a provider under our hands see it made again', async () => {
      const device = aDevice(root, 'one');
      await sync.sync(aTree(root, [device]));
      let isDone = false;
      bench.server.intercept(async (request) => {
        if (isDone || !wrote(`${device.uuid}/inventories`)(request)) return undefined;
        isDone = true;
        await bench.placement.resourceProviders.delete(device.uuid);
        return undefined;
      });
      const tree = aTree(root, [{ ...device, inventories: { PGPU: { total: 3 } } }]);
      await sync.sync(tree);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
    });

    it('and take a trait or a class out of the cloud see it made again', async () => {
      const trait = aTrait('VANISHING');
      const className = aName('CUSTOM_VANISHING');
      const rich = aDevice(root, 'one', { traits: [trait], inventories: { [className]: { total: 1 } } });
      await sync.sync(aTree(root, [rich]));
      await sync.sync(aTree(root, [{ ...rich, traits: [], inventories: {} }]));
      await bench.placement.traits.delete(trait);
      await bench.placement.resourceClasses.delete(className);
      await sync.sync(aTree(root, [rich]));
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(aTree(root, [rich]), root));
    });
  });

  it('leaves out standard traits that this Placement does not have, and says so', async () => {
    const unknown = `HW_${aName('FUTURE')}`;
    const device = aDevice(root, 'one', { traits: [unknown, 'OWNER_CYBORG'] });
    const tree = aTree(root, [device]);
    expect((await sync.sync(tree)).unknownTraits).toEqual([unknown]);
    expect((await heldTree(bench.placement, root))[device.name]?.traits).toEqual(['OWNER_CYBORG']);
    expect(await sync.sync(tree)).toMatchObject({ requests: 1, unknownTraits: [unknown] });
  });

  it('fails one provider, not the others, by a standard class that this Placement does not have', async () => {
    const odd = aDevice(root, 'odd', { inventories: { [aName('FUTURE')]: { total: 1 } } });
    const tree = aTree(root, [odd, aDevice(root, 'fine')]);
    await expect(sync.sync(tree)).rejects.toMatchObject({ code: 'placement.unknown_resource_class' });
    expect((await heldTree(bench.placement, root))[`${root.name}_fine`]?.inventories).toEqual({
      PGPU: [4, 0],
    });
  });

  it('closes before it labels, so that refused traits cannot keep a sick device open', async () => {
    const device = aDevice(root, 'one');
    await sync.sync(aTree(root, [device]));
    bench.server.failNext(
      { status: 400 },
      { method: 'PUT', path: `/resource_providers/${device.uuid}/traits` },
    );
    const sick = { ...device, inventories: { PGPU: { total: 4, reserved: 4 } }, traits: [aTrait('SICK')] };
    await expect(sync.sync(aTree(root, [sick]))).rejects.toMatchObject({ code: 'placement.invalid' });
    expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 4] });
  });

  it('stops at once when it is not allowed to write', async () => {
    const devices = Array.from({ length: 12 }, (_, index) => aDevice(root, `dev${index}`));
    await sync.sync(aTree(root, []));
    bench.server.forget();
    bench.server.intercept((request) =>
      request.method === 'POST' ? { kind: 'answer', status: 403 } : undefined,
    );
    await expect(sync.sync(aTree(root, devices))).rejects.toMatchObject({
      name: 'OpenStackError',
      kind: 'forbidden',
    });
    expect(bench.server.requests.length).toBeLessThanOrEqual(1 + 4);
  });

  it('does one sync after the other, whoever asks', async () => {
    const device = aDevice(root, 'one');
    const totals = [1, 2, 3, 4].map((total) =>
      aTree(root, [{ ...device, inventories: { PGPU: { total } } }]),
    );
    const results = await Promise.all(totals.map((tree) => sync.sync(tree)));
    expect(results.map(({ conflicts }) => conflicts)).toEqual([0, 0, 0, 0]);
    expect((await heldTree(bench.placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 0] });
  });
});
