import type { Session } from '@cyborgjs/openstack-session';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, placementPeers } from '../../test/placement-peers.ts';
import {
  aDevice,
  aRoot,
  aTree,
  expectedTree,
  heldTree,
  ownedPrefix,
  type Root,
} from '../../test/tree-builders.ts';
import type { Placement } from '../placement.ts';
import type { FaultyServer } from '../testing/faulty-server.ts';
import type { DesiredProvider } from './desired-tree.ts';
import { createTreeSync, syncTree, type TreeSync } from './tree-sync.ts';

const quick = { random: () => 0 };
const aTrait = (name: string) => aName(ownedPrefix + name);

for (const peer of placementPeers)
  describe.skipIf(peer.isMissing)(`tree sync with the ${peer.name}`, () => {
    let server: FaultyServer;
    let session: Session;
    let placement: Placement;
    let root: Root;
    let sync: TreeSync;
    beforeAll(async () => {
      server = await peer.start();
      ({ session, placement } = clientOf(server));
    });
    afterAll(async () => {
      await session?.close();
      await server?.close();
    });
    beforeEach(() => {
      server.forget();
      root = aRoot();
      sync = createTreeSync(placement, quick);
    });

    /** A consumer that holds something of a provider, and how it lets go. */
    async function aConsumer(provider: string, resources: Record<string, number> = { PGPU: 1 }) {
      const consumer = aUuid();
      await placement.allocations.replace(consumer, {
        allocations: { [provider]: { resources } },
        consumer_generation: null,
        project_id: 'p',
        user_id: 'u',
        consumer_type: 'INSTANCE',
      });
      return () =>
        session.request({
          service: 'placement',
          method: 'DELETE',
          path: `/allocations/${consumer}`,
          headers: { 'openstack-api-version': 'placement 1.39' },
        });
    }

    /** Adds a trait as somebody else would, moving the generation. */
    async function addTrait(uuid: string, name: string) {
      await placement.traits.ensure(name);
      const { traits, ...rest } = await placement.providerTraits.get(uuid);
      await placement.providerTraits.replace(uuid, { ...rest, traits: [...traits, name] });
    }

    const writes = () => server.requests.filter(({ method }) => method !== 'GET');

    describe('costs', () => {
      it('of a first report are few, of an unchanged one a single request', async () => {
        await placement.resourceProviders.create(root);
        const traits = Array.from({ length: 5 }, (_, index) => aTrait(`T${index}`));
        const devices = Array.from({ length: 8 }, (_, index) => aDevice(root, `dev${index}`, { traits }));
        const tree = aTree(root, devices);
        const first = await sync.sync(tree);
        // The tree, which traits exist, five traits; then provider, traits and inventory of each.
        expect(first).toMatchObject({ requests: 1 + 1 + 5 + 8 * 3, conflicts: 0, retained: [] });
        expect(first.created.toSorted()).toEqual(devices.map(({ uuid }) => uuid).toSorted());
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));

        server.forget();
        expect((await sync.sync(tree)).requests).toBe(1);
        expect(server.requests).toHaveLength(1);
        expect(server.requests[0]).toMatchObject({ method: 'GET', query: `?in_tree=${root.uuid}` });
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
        server.forget();
        expect(await syncTree(placement, tree, quick)).toMatchObject({
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
        await aConsumer(one.uuid);
        expect(await sync.sync(tree)).toMatchObject({ requests: 3, updated: [] });
        expect((await sync.sync(tree)).requests).toBe(1);
      });
    });

    describe('what is not ours', () => {
      it('survives: foreign traits, foreign providers, and all of the root', async () => {
        await placement.resourceProviders.create(root);
        await placement.inventories.add(root.uuid, { resource_class: 'VCPU', total: 8 });
        await addTrait(root.uuid, aTrait('LOOKS_LIKE_OURS'));
        const foreigner = { uuid: aUuid(), name: aName('numa0'), parent_provider_uuid: root.uuid };
        await placement.resourceProviders.create(foreigner);
        const [keep, drop] = [aTrait('KEEP'), aTrait('DROP')];
        const device = aDevice(root, 'one', { traits: [keep, drop] });
        await sync.sync(aTree(root, [device]));
        const foreign = aName('CUSTOM_FOREIGN');
        await addTrait(device.uuid, foreign);
        await sync.sync(aTree(root, [{ ...device, traits: [keep] }]));
        const held = await heldTree(placement, root);
        expect(held[device.name]?.traits).toEqual([keep, foreign].toSorted());
        await sync.sync(aTree(root, []));
        expect(Object.keys(await heldTree(placement, root))).toEqual([foreigner.name]);
        expect((await placement.inventories.get(root.uuid)).inventories.VCPU?.total).toBe(8);
        expect((await placement.providerTraits.get(root.uuid)).traits).toHaveLength(1);
      });

      it('is put back where it was ours: an own trait and inventory that others changed', async () => {
        const device = aDevice(root, 'one', { traits: [aTrait('A')] });
        const tree = aTree(root, [device]);
        await sync.sync(tree);
        const { resource_provider_generation } = await placement.providerTraits.get(device.uuid);
        await placement.providerTraits.replace(device.uuid, { resource_provider_generation, traits: [] });
        await placement.inventories.delete(device.uuid);
        expect((await sync.sync(tree)).updated).toEqual([device.uuid]);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
      });
    });

    describe('the shape of the tree', () => {
      it('is made parents first, moved, renamed, and taken down children first', async () => {
        const card = aDevice(root, 'card', { inventories: {}, traits: [] });
        const slices = ['a', 'b'].map((name) => aDevice(root, `card_${name}`, { parentUuid: card.uuid }));
        const nested = aTree(root, [...slices, card]);
        await sync.sync(nested);
        expect(await heldTree(placement, root)).toEqual(expectedTree(nested, root));

        const [first, second] = slices as [DesiredProvider, DesiredProvider];
        const moved = { ...first, parentUuid: null, name: `${first.name}_renamed` };
        const flat = aTree(root, [card, moved, second]);
        const result = await sync.sync(flat);
        expect(result).toMatchObject({ requests: 2, updated: [first.uuid] });
        expect(await heldTree(placement, root)).toEqual(expectedTree(flat, root));

        expect((await sync.sync(aTree(root, []))).deleted).toHaveLength(3);
        expect(await heldTree(placement, root)).toEqual({});
      });

      it('hangs below a root found by its name, also when that was made anew', async () => {
        const byName = { root: { name: root.name }, createRoot: false };
        const device = aDevice(root, 'one');
        await expect(sync.sync(aTree(root, [device], byName))).rejects.toMatchObject({
          code: 'placement.root_not_found',
          kind: 'not-found',
          message: expect.stringContaining(root.name),
        });
        await placement.resourceProviders.create(root);
        expect((await sync.sync(aTree(root, [device], byName))).rootUuid).toBe(root.uuid);
        expect((await sync.sync(aTree(root, [device], byName))).requests).toBe(1);
        await sync.sync(aTree(root, [], byName));
        await placement.resourceProviders.delete(root.uuid);
        const again = { ...root, uuid: aUuid() };
        await placement.resourceProviders.create(again);
        expect((await sync.sync(aTree(again, [device], byName))).rootUuid).toBe(again.uuid);
      });

      it('lacks only what has no parent', async () => {
        const [lost, fine] = [aDevice(root, 'lost', { parentUuid: aUuid() }), aDevice(root, 'fine')];
        await expect(sync.sync(aTree(root, [lost, fine]))).rejects.toMatchObject({
          code: 'placement.parent_missing',
          message: expect.stringContaining(lost.name),
        });
        expect(Object.keys(await heldTree(placement, root))).toEqual([fine.name]);
      });
    });

    describe('what exists already', () => {
      it('under its uuid is adopted, wherever it hangs and whatever it is called', async () => {
        const elsewhere = aRoot();
        await placement.resourceProviders.create(elsewhere);
        const device = aDevice(root, 'one');
        const stray = { uuid: device.uuid, name: aName('old'), parent_provider_uuid: elsewhere.uuid };
        await placement.resourceProviders.create(stray);
        const foreign = aName('CUSTOM_FOREIGN');
        await addTrait(device.uuid, foreign);
        const result = await sync.sync(aTree(root, [device]));
        expect(result).toMatchObject({ created: [root.uuid], adopted: [device.uuid] });
        const held = await heldTree(placement, root);
        expect(held[device.name]).toMatchObject({
          parent: root.name,
          traits: [foreign, 'OWNER_CYBORG'].toSorted(),
        });
      });

      it('under its name with another uuid is a conflict that names the owner, and keeps nobody else', async () => {
        const [taken, fine] = [aDevice(root, 'taken'), aDevice(root, 'fine')];
        const owner = { uuid: aUuid(), name: taken.name };
        await placement.resourceProviders.create(owner);
        await expect(sync.sync(aTree(root, [taken, fine]))).rejects.toMatchObject({
          name: 'PlacementError',
          code: 'placement.name_conflict',
          kind: 'conflict',
          details: { name: taken.name, uuid: taken.uuid, ownerUuid: owner.uuid, ownerRootUuid: owner.uuid },
          message: expect.stringContaining(owner.uuid),
        });
        expect(Object.keys(await heldTree(placement, root))).toEqual([fine.name]);
        await placement.resourceProviders.delete(owner.uuid);
        expect((await sync.sync(aTree(root, [taken, fine]))).created).toEqual([taken.uuid]);
      });

      it('in the way of a renaming is the same conflict, and several failures come as one error', async () => {
        const [one, two] = [aDevice(root, 'one'), aDevice(root, 'two')];
        await sync.sync(aTree(root, [one, two]));
        const [left, right] = [aName('left'), aName('right')];
        for (const name of [left, right]) await placement.resourceProviders.create({ uuid: aUuid(), name });
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

    describe('what is in use', () => {
      it('is kept and closed when it should be gone, and goes when it is free', async () => {
        const device = aDevice(root, 'one');
        await sync.sync(aTree(root, [device]));
        const letGo = await aConsumer(device.uuid);
        const retained = [{ uuid: device.uuid, name: device.name, reason: 'in-use' }];
        expect(await sync.sync(aTree(root, []))).toMatchObject({ deleted: [], retained });
        expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 4] });
        expect(await sync.sync(aTree(root, []))).toMatchObject({ requests: 2, retained });
        await letGo();
        expect(await sync.sync(aTree(root, []))).toMatchObject({ deleted: [device.uuid], retained: [] });
      });

      it('keeps its ancestors, which are closed too, while its siblings go', async () => {
        const card = aDevice(root, 'card');
        const [used, free] = ['used', 'free'].map((name) => aDevice(root, name, { parentUuid: card.uuid }));
        await sync.sync(aTree(root, [card, used, free] as DesiredProvider[]));
        await aConsumer(used?.uuid ?? '');
        const result = await sync.sync(aTree(root, []));
        expect(result.deleted).toEqual([free?.uuid]);
        expect(result.retained.toSorted((a, b) => a.reason.localeCompare(b.reason))).toEqual([
          { uuid: card.uuid, name: card.name, reason: 'has-children' },
          { uuid: used?.uuid, name: used?.name, reason: 'in-use' },
        ]);
        const held = await heldTree(placement, root);
        expect(Object.values(held).map(({ inventories }) => inventories)).toEqual([
          { PGPU: [4, 4] },
          { PGPU: [4, 4] },
        ]);
      });

      it('is kept below a provider that is not ours to delete', async () => {
        const card = aDevice(root, 'card');
        await sync.sync(aTree(root, [card]));
        const foreigner = { uuid: aUuid(), name: aName('child'), parent_provider_uuid: card.uuid };
        await placement.resourceProviders.create(foreigner);
        expect((await sync.sync(aTree(root, []))).retained).toEqual([
          { uuid: card.uuid, name: card.name, reason: 'has-children' },
        ]);
      });

      it('keeps a class that should be gone, closed, while others change', async () => {
        const inventories = { PGPU: { total: 4 }, VGPU: { total: 8 }, FPGA: { total: 1 } };
        const device = aDevice(root, 'one', { inventories });
        await sync.sync(aTree(root, [device]));
        const letGo = await aConsumer(device.uuid, { VGPU: 2 });
        const tree = aTree(root, [{ ...device, inventories: { PGPU: { total: 2 } } }]);
        const retained = [{ uuid: device.uuid, name: device.name, reason: 'inventory-in-use' }];
        expect((await sync.sync(tree)).retained).toEqual(retained);
        expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({
          PGPU: [2, 0],
          VGPU: [8, 8],
        });
        expect(await sync.sync(tree)).toMatchObject({ requests: 2, retained, updated: [] });
        await letGo();
        expect((await sync.sync(tree)).retained).toEqual([]);
        expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({ PGPU: [2, 0] });
      });
    });

    describe('others who write at the same time', () => {
      const wrote = (path: string) => (request: { method: string; path: string }) =>
        request.method === 'PUT' && request.path.endsWith(path);

      it('cause one provider to be read again and merged', async () => {
        const [one, two] = [aDevice(root, 'one'), aDevice(root, 'two')];
        await sync.sync(aTree(root, [one, two]));
        const foreign = aName('CUSTOM_FOREIGN');
        server.forget();
        let isDone = false;
        server.intercept(async (request) => {
          if (isDone || !wrote(`${one.uuid}/inventories`)(request)) return undefined;
          isDone = true;
          await addTrait(one.uuid, foreign);
          return undefined;
        });
        const shrunk = [one, two].map((device) => ({ ...device, inventories: { PGPU: { total: 3 } } }));
        const tree = aTree(root, shrunk);
        expect(await sync.sync(tree)).toMatchObject({ conflicts: 1 });
        const reads = server.requests.filter(
          ({ method, path }) => method === 'GET' && path.includes(two.uuid),
        );
        expect(reads).toEqual([]);
        const held = await heldTree(placement, root);
        expect(held[one.name]?.traits).toEqual([foreign, 'OWNER_CYBORG'].toSorted());
        expect(held[one.name]?.inventories).toEqual({ PGPU: [3, 0] });
      });

      it('are waited out for so long, and then named', async () => {
        const device = aDevice(root, 'one');
        await sync.sync(aTree(root, [device]));
        server.intercept(async (request) => {
          if (wrote(`${device.uuid}/inventories`)(request))
            await addTrait(device.uuid, aName('CUSTOM_FOREIGN'));
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
        expect(server.requests.filter(wrote(`${device.uuid}/inventories`))).toHaveLength(1 + 5);
        server.intercept(undefined);
        await sync.sync(tree);
        expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({ PGPU: [3, 0] });
      });

      it('may show as a crash of the server in PUT traits', async () => {
        const device = aDevice(root, 'one');
        const detail =
          'The server has either erred.\n\n Another thread concurrently updated the resource provider data. Please retry your update';
        server.failNext(
          { status: 500, body: { errors: [{ status: 500, detail, code: 'placement.undefined_code' }] } },
          { method: 'PUT', path: `/resource_providers/${device.uuid}/traits` },
        );
        const tree = aTree(root, [device]);
        expect((await sync.sync(tree)).conflicts).toBe(1);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
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
        const other = createTreeSync(placement, quick);
        await Promise.all([
          sync.sync(treeOf(ours)),
          other.sync(treeOf(theirs)),
          sync.sync(treeOf(ours)),
          other.sync(treeOf(theirs)),
        ]);
        for (const { traits } of Object.values(await heldTree(placement, root)))
          expect(traits).toEqual([ours, theirs].toSorted());
      });

      it('and delete a provider under our hands see it made again', async () => {
        const device = aDevice(root, 'one');
        await sync.sync(aTree(root, [device]));
        let isDone = false;
        server.intercept(async (request) => {
          if (isDone || !wrote(`${device.uuid}/inventories`)(request)) return undefined;
          isDone = true;
          await placement.resourceProviders.delete(device.uuid);
          return undefined;
        });
        const tree = aTree(root, [{ ...device, inventories: { PGPU: { total: 3 } } }]);
        await sync.sync(tree);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
      });

      it('and take a trait or a class out of the cloud see it made again', async () => {
        const trait = aTrait('VANISHING');
        const className = aName('CUSTOM_VANISHING');
        const rich = aDevice(root, 'one', { traits: [trait], inventories: { [className]: { total: 1 } } });
        await sync.sync(aTree(root, [rich]));
        await sync.sync(aTree(root, [{ ...rich, traits: [], inventories: {} }]));
        await placement.traits.delete(trait);
        await placement.resourceClasses.delete(className);
        await sync.sync(aTree(root, [rich]));
        expect(await heldTree(placement, root)).toEqual(expectedTree(aTree(root, [rich]), root));
      });
    });

    it('leaves out standard traits that this Placement does not have, and says so', async () => {
      const unknown = `HW_${aName('FUTURE')}`;
      const device = aDevice(root, 'one', { traits: [unknown, 'OWNER_CYBORG'] });
      const tree = aTree(root, [device]);
      expect((await sync.sync(tree)).unknownTraits).toEqual([unknown]);
      expect((await heldTree(placement, root))[device.name]?.traits).toEqual(['OWNER_CYBORG']);
      expect(await sync.sync(tree)).toMatchObject({ requests: 1, unknownTraits: [unknown] });
    });

    it('fails one provider, not the others, by a standard class that this Placement does not have', async () => {
      const odd = aDevice(root, 'odd', { inventories: { [aName('FUTURE')]: { total: 1 } } });
      const tree = aTree(root, [odd, aDevice(root, 'fine')]);
      await expect(sync.sync(tree)).rejects.toMatchObject({ code: 'placement.unknown_resource_class' });
      expect((await heldTree(placement, root))[`${root.name}_fine`]?.inventories).toEqual({ PGPU: [4, 0] });
    });

    it('closes before it labels, so that refused traits cannot keep a sick device open', async () => {
      const device = aDevice(root, 'one');
      await sync.sync(aTree(root, [device]));
      server.failNext({ status: 400 }, { method: 'PUT', path: `/resource_providers/${device.uuid}/traits` });
      const sick = { ...device, inventories: { PGPU: { total: 4, reserved: 4 } }, traits: [aTrait('SICK')] };
      await expect(sync.sync(aTree(root, [sick]))).rejects.toMatchObject({ code: 'placement.invalid' });
      expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 4] });
    });

    it('stops at once when it is not allowed to write', async () => {
      const devices = Array.from({ length: 12 }, (_, index) => aDevice(root, `dev${index}`));
      await sync.sync(aTree(root, []));
      server.forget();
      server.intercept((request) =>
        request.method === 'POST' ? { kind: 'answer', status: 403 } : undefined,
      );
      await expect(sync.sync(aTree(root, devices))).rejects.toMatchObject({
        name: 'OpenStackError',
        kind: 'forbidden',
      });
      expect(server.requests.length).toBeLessThanOrEqual(1 + 4);
    });

    it('does one sync after the other, whoever asks', async () => {
      const device = aDevice(root, 'one');
      const totals = [1, 2, 3, 4].map((total) =>
        aTree(root, [{ ...device, inventories: { PGPU: { total } } }]),
      );
      const results = await Promise.all(totals.map((tree) => sync.sync(tree)));
      expect(results.map(({ conflicts }) => conflicts)).toEqual([0, 0, 0, 0]);
      expect((await heldTree(placement, root))[device.name]?.inventories).toEqual({ PGPU: [4, 0] });
    });
  });
