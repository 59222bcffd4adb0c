import type { Session } from '@cyborgjs/openstack-session';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, placementPeers } from '../test/placement-peers.ts';
import type { Placement } from './placement.ts';
import type { FaultyServer } from './testing/faulty-server.ts';

for (const peer of placementPeers)
  describe.skipIf(peer.isMissing)(`client of the ${peer.name}`, () => {
    let server: FaultyServer;
    let session: Session;
    let placement: Placement;
    beforeAll(async () => {
      server = await peer.start();
      ({ session, placement } = clientOf(server));
    });
    afterAll(async () => {
      await session?.close();
      await server?.close();
    });

    const aProvider = async (parent: string | null = null) => {
      const uuid = aUuid();
      return placement.resourceProviders.create({ uuid, name: aName('rp'), parent_provider_uuid: parent });
    };
    const withPgpu = async (total = 4) => {
      const provider = await aProvider();
      await placement.inventories.replace(provider.uuid, {
        resource_provider_generation: 0,
        inventories: { PGPU: { total } },
      });
      return provider.uuid;
    };
    const claim = (provider: string, amount: number, generation: number | null = null) => ({
      allocations: { [provider]: { resources: { PGPU: amount } } },
      consumer_generation: generation,
      project_id: 'project',
      user_id: 'user',
      consumer_type: 'INSTANCE',
    });
    const generationOf = async (uuid: string) => (await placement.resourceProviders.get(uuid)).generation;

    describe('resource providers', () => {
      it('are made in a tree, listed by any node of it, renamed, moved and deleted', async () => {
        const root = await aProvider();
        const child = await aProvider(root.uuid);
        const grandchild = await aProvider(child.uuid);
        expect(child).toMatchObject({
          generation: 0,
          parent_provider_uuid: root.uuid,
          root_provider_uuid: root.uuid,
        });
        const tree = await placement.resourceProviders.list({ in_tree: grandchild.uuid });
        expect(tree.map(({ uuid }) => uuid).sort()).toEqual([root.uuid, child.uuid, grandchild.uuid].sort());
        const name = aName('renamed');
        const change = { name, parent_provider_uuid: root.uuid };
        expect(await placement.resourceProviders.update(grandchild.uuid, change)).toMatchObject({
          name,
          generation: 0,
          parent_provider_uuid: root.uuid,
        });
        expect(await placement.resourceProviders.list({ name })).toHaveLength(1);
        await placement.resourceProviders.delete(child.uuid);
        await expect(placement.resourceProviders.get(child.uuid)).rejects.toMatchObject({
          name: 'PlacementError',
          code: 'placement.not_found',
          kind: 'not-found',
          status: 404,
          requestId: expect.any(String),
        });
      });

      it('of a tree that nobody has are none', async () => {
        expect(await placement.resourceProviders.list({ in_tree: aUuid() })).toEqual([]);
      });

      it('refuse a taken uuid and a taken name alike', async () => {
        const { uuid, name } = await aProvider();
        const duplicate = { code: 'placement.duplicate_name', kind: 'conflict' };
        const { resourceProviders } = placement;
        await expect(resourceProviders.create({ uuid, name: aName('x') })).rejects.toMatchObject(duplicate);
        await expect(resourceProviders.create({ uuid: aUuid(), name })).rejects.toMatchObject(duplicate);
        const other = await aProvider();
        await expect(resourceProviders.update(other.uuid, { name })).rejects.toMatchObject(duplicate);
      });

      it('refuse an unknown parent and a loop', async () => {
        const lost = { uuid: aUuid(), name: aName('x'), parent_provider_uuid: aUuid() };
        const invalid = { code: 'placement.invalid', status: 400 };
        await expect(placement.resourceProviders.create(lost)).rejects.toMatchObject(invalid);
        const { uuid, name } = await aProvider();
        const loop = { name, parent_provider_uuid: uuid };
        await expect(placement.resourceProviders.update(uuid, loop)).rejects.toMatchObject(invalid);
      });

      it('are not deleted while they have children or allocations', async () => {
        const root = await aProvider();
        await aProvider(root.uuid);
        await expect(placement.resourceProviders.delete(root.uuid)).rejects.toMatchObject({
          code: 'placement.resource_provider.cannot_delete_parent',
        });
        const used = await withPgpu();
        await placement.allocations.replace(aUuid(), claim(used, 1));
        await expect(placement.resourceProviders.delete(used)).rejects.toMatchObject({
          code: 'placement.resource_provider.inuse',
        });
      });

      it('are found by the traits that they have', async () => {
        const root = await aProvider();
        const child = await aProvider(root.uuid);
        await placement.providerTraits.replace(child.uuid, {
          resource_provider_generation: 0,
          traits: ['OWNER_CYBORG'],
        });
        const uuids = async (required: string | string[]) =>
          (await placement.resourceProviders.list({ in_tree: root.uuid, required })).map(({ uuid }) => uuid);
        expect(await uuids('OWNER_CYBORG')).toEqual([child.uuid]);
        expect(await uuids('!OWNER_CYBORG')).toEqual([root.uuid]);
        expect(await uuids(['OWNER_CYBORG', '!OWNER_NOVA'])).toEqual([child.uuid]);
        await expect(uuids(aName('CUSTOM_NOBODY'))).rejects.toMatchObject({
          code: 'placement.unknown_trait',
        });
      });
    });

    describe('inventories', () => {
      it('are replaced as a whole at one generation, with defaults filled in', async () => {
        const uuid = await withPgpu(2);
        const read = await placement.inventories.get(uuid);
        expect(read).toEqual({
          resource_provider_generation: 1,
          inventories: {
            PGPU: {
              total: 2,
              reserved: 0,
              min_unit: 1,
              max_unit: 2147483647,
              step_size: 1,
              allocation_ratio: 1,
            },
          },
        });
        const written = await placement.inventories.replace(uuid, read);
        expect(written).toEqual({ ...read, resource_provider_generation: 2 });
        await expect(placement.inventories.replace(uuid, read)).rejects.toMatchObject({
          code: 'placement.concurrent_update',
          kind: 'conflict',
        });
      });

      it('of an unknown class are refused by its name', async () => {
        const { uuid } = await aProvider();
        const name = aName('CUSTOM_UNKNOWN');
        const input = { resource_provider_generation: 0, inventories: { [name]: { total: 1 } } };
        await expect(placement.inventories.replace(uuid, input)).rejects.toMatchObject({
          code: 'placement.unknown_resource_class',
          details: { names: [name] },
        });
      });

      it('may be wholly reserved but not more, and never be nothing', async () => {
        const uuid = await withPgpu(2);
        const write = (record: { total: number; reserved?: number }) =>
          placement.inventories.replace(uuid, {
            resource_provider_generation: 1,
            inventories: { PGPU: record },
          });
        await expect(write({ total: 2, reserved: 3 })).rejects.toMatchObject({ code: 'placement.invalid' });
        await expect(write({ total: 0 })).rejects.toMatchObject({ code: 'placement.invalid' });
        expect((await write({ total: 2, reserved: 2 })).inventories.PGPU?.reserved).toBe(2);
      });

      it('that are in use cannot be removed, whichever way, and no way calls it a race', async () => {
        const uuid = await withPgpu();
        await placement.allocations.replace(aUuid(), claim(uuid, 1));
        const inUse = { code: 'placement.inventory.inuse' };
        const none = { resource_provider_generation: 2, inventories: {} };
        await expect(placement.inventories.replace(uuid, none)).rejects.toMatchObject(inUse);
        await expect(placement.inventories.delete(uuid)).rejects.toMatchObject(inUse);
        await expect(placement.inventories.remove(uuid, 'PGPU')).rejects.toMatchObject(inUse);
      });

      it('are added and removed one class at a time; one that is there is not a race', async () => {
        const uuid = await withPgpu();
        const input = { resource_class: 'VGPU', total: 8 };
        expect(await placement.inventories.add(uuid, input)).toMatchObject({
          total: 8,
          max_unit: 2147483647,
        });
        await expect(placement.inventories.add(uuid, input)).rejects.toMatchObject({
          code: 'placement.inventory.exists',
        });
        await placement.inventories.remove(uuid, 'PGPU');
        expect(Object.keys((await placement.inventories.get(uuid)).inventories)).toEqual(['VGPU']);
        await placement.inventories.delete(uuid);
        expect((await placement.inventories.get(uuid)).inventories).toEqual({});
      });
    });

    describe('traits', () => {
      it('are made once and listed by name, in as many requests as their names need', async () => {
        const names = Array.from({ length: 3 }, () => aName(`CUSTOM_${'LONG_'.repeat(40)}`));
        expect(await placement.traits.ensure(names[0] as string)).toBe(true);
        expect(await placement.traits.ensure(names[0] as string)).toBe(false);
        await placement.traits.ensure(names[2] as string);
        const more = Array.from({ length: 30 }, () =>
          aName('CUSTOM_NOBODY_HAS_THIS_TRAIT_WITH_A_LONG_NAME_AT_ALL'),
        );
        const found = await placement.traits.list({ names: [...names, 'OWNER_CYBORG', ...more] });
        expect(found.sort()).toEqual([names[0], names[2], 'OWNER_CYBORG'].sort());
        await placement.traits.delete(names[0] as string);
        expect(await placement.traits.list({ prefix: names[0] as string })).toEqual([]);
        expect(await placement.traits.list({ names: [] })).toEqual([]);
      });

      it('must be custom to be made, and unused to be deleted', async () => {
        await expect(placement.traits.ensure('OTHER_TRAIT')).rejects.toMatchObject({
          code: 'placement.invalid',
        });
        const name = aName('CUSTOM_USED');
        await placement.traits.ensure(name);
        const { uuid } = await aProvider();
        await placement.providerTraits.replace(uuid, { resource_provider_generation: 0, traits: [name] });
        await expect(placement.traits.delete(name)).rejects.toMatchObject({ code: 'placement.name_in_use' });
        expect(await placement.traits.list({ names: [name], associated: true })).toEqual([name]);
        expect(await placement.traits.list({ names: [name], associated: false })).toEqual([]);
      });

      it('of a provider raise its generation only when they change', async () => {
        const { uuid } = await aProvider();
        const put = (generation: number, traits: string[]) =>
          placement.providerTraits.replace(uuid, { resource_provider_generation: generation, traits });
        expect(await put(0, ['OWNER_CYBORG'])).toEqual({
          resource_provider_generation: 1,
          traits: ['OWNER_CYBORG'],
        });
        expect((await put(1, ['OWNER_CYBORG'])).resource_provider_generation).toBe(1);
        await expect(put(0, [])).rejects.toMatchObject({ code: 'placement.concurrent_update' });
        expect((await placement.providerTraits.get(uuid)).traits).toEqual(['OWNER_CYBORG']);
      });

      it('of a provider that do not exist are all named, and a stale generation is told first', async () => {
        const { uuid } = await aProvider();
        const names = [aName('CUSTOM_A'), aName('CUSTOM_B')];
        const put = (generation: number) =>
          placement.providerTraits.replace(uuid, { resource_provider_generation: generation, traits: names });
        const error = await put(0).catch((caught) => caught);
        expect(error).toMatchObject({ code: 'placement.unknown_trait', kind: 'invalid' });
        expect([...error.details.names].sort()).toEqual([...names].sort());
        await expect(put(7)).rejects.toMatchObject({ code: 'placement.concurrent_update' });
      });
    });

    it('makes resource classes once, and only custom ones', async () => {
      const name = aName('CUSTOM_CLASS');
      expect(await placement.resourceClasses.ensure(name)).toBe(true);
      expect(await placement.resourceClasses.ensure(name)).toBe(false);
      expect(await placement.resourceClasses.list()).toEqual(
        expect.arrayContaining([name, 'PGPU', 'VGPU', 'FPGA']),
      );
      await expect(placement.resourceClasses.ensure('NEWGPU')).rejects.toMatchObject({
        code: 'placement.invalid',
      });
      await placement.resourceClasses.delete(name);
      await expect(placement.resourceClasses.delete(name)).rejects.toMatchObject({
        code: 'placement.not_found',
      });
    });

    it('puts providers into aggregates, raising the generation every time', async () => {
      const { uuid } = await aProvider();
      const aggregates = [aUuid()];
      const first = await placement.aggregates.replace(uuid, { resource_provider_generation: 0, aggregates });
      expect(first).toEqual({ resource_provider_generation: 1, aggregates });
      expect((await placement.aggregates.replace(uuid, first)).resource_provider_generation).toBe(2);
      expect(await placement.aggregates.get(uuid)).toEqual({ resource_provider_generation: 2, aggregates });
      const [member] = await placement.resourceProviders.list({ member_of: aggregates[0] });
      expect(member?.uuid).toBe(uuid);
      await expect(placement.aggregates.replace(uuid, first)).rejects.toMatchObject({
        code: 'placement.concurrent_update',
      });
    });

    describe('allocations', () => {
      it('are made, read, changed and given back, moving generations of consumer and provider', async () => {
        const uuid = await withPgpu();
        const consumer = aUuid();
        expect(await placement.allocations.get(consumer)).toEqual({
          allocations: {},
          consumer_generation: null,
        });
        await placement.allocations.replace(consumer, claim(uuid, 1));
        expect(await placement.allocations.get(consumer)).toEqual({
          ...claim(uuid, 1, 1),
          allocations: { [uuid]: { resources: { PGPU: 1 }, generation: 2 } },
        });
        await placement.allocations.replace(consumer, claim(uuid, 3, 1));
        expect((await placement.usages.ofProvider(uuid)).usages).toEqual({ PGPU: 3 });
        expect(await placement.allocations.clear(consumer)).toBe(true);
        expect(await placement.allocations.clear(consumer)).toBe(false);
        expect(await generationOf(uuid)).toBe(4);
        expect((await placement.allocations.get(consumer)).consumer_generation).toBeNull();
      });

      it('are refused to the slower of two writers', async () => {
        const uuid = await withPgpu();
        const consumer = aUuid();
        await placement.allocations.replace(consumer, claim(uuid, 1));
        const conflict = { code: 'placement.consumer_conflict', kind: 'conflict' };
        await expect(placement.allocations.replace(consumer, claim(uuid, 2))).rejects.toMatchObject(conflict);
        await expect(placement.allocations.replace(consumer, claim(uuid, 2, 7))).rejects.toMatchObject(
          conflict,
        );
        await expect(placement.allocations.replace(aUuid(), claim(uuid, 1, 3))).rejects.toMatchObject(
          conflict,
        );
      });

      it('are refused beyond what there is, and nothing of them stays', async () => {
        const uuid = await withPgpu(2);
        const consumer = aUuid();
        const refused = { code: 'placement.allocation_refused', kind: 'conflict' };
        await expect(placement.allocations.replace(consumer, claim(uuid, 3))).rejects.toMatchObject(refused);
        const without = (await aProvider()).uuid;
        await expect(placement.allocations.replace(consumer, claim(without, 1))).rejects.toMatchObject(
          refused,
        );
        await placement.allocations.replace(consumer, claim(uuid, 2));
        await expect(placement.allocations.replace(aUuid(), claim(uuid, 1))).rejects.toMatchObject(refused);
      });

      it('never leave a ghost, and get past one that another client left', async () => {
        const uuid = await withPgpu();
        const consumer = aUuid();
        await expect(
          placement.allocations.replace(consumer, { ...claim(uuid, 1), allocations: {} }),
        ).rejects.toMatchObject({ code: 'placement.ghost_consumer' });
        const ghost = { ...claim(uuid, 1), allocations: {} };
        await session.request({
          service: 'placement',
          method: 'PUT',
          path: `/allocations/${consumer}`,
          body: ghost,
          headers: { 'openstack-api-version': 'placement 1.39' },
        });
        await placement.allocations.replace(consumer, claim(uuid, 1));
        expect((await placement.allocations.get(consumer)).consumer_generation).toBe(1);
      });

      it('are counted by project and consumer type', async () => {
        const uuid = await withPgpu();
        const project_id = aUuid();
        await placement.allocations.replace(aUuid(), { ...claim(uuid, 1), project_id });
        await placement.allocations.replace(aUuid(), { ...claim(uuid, 2), project_id });
        expect(await placement.usages.ofProject({ project_id })).toEqual({
          usages: { INSTANCE: { PGPU: 3, consumer_count: 2 } },
        });
      });

      it('that are deleted without a generation leave no trace in that of the provider', async () => {
        const uuid = await withPgpu();
        const consumer = aUuid();
        await placement.allocations.replace(consumer, claim(uuid, 1));
        const before = await generationOf(uuid);
        await session.request({
          service: 'placement',
          method: 'DELETE',
          path: `/allocations/${consumer}`,
          headers: { 'openstack-api-version': 'placement 1.39' },
        });
        expect(await generationOf(uuid)).toBe(before);
        expect((await placement.usages.ofProvider(uuid)).usages).toEqual({ PGPU: 0 });
      });
    });

    it('finds candidates in a tree, with what is known of all its nodes', async () => {
      const root = await aProvider();
      const child = await aProvider(root.uuid);
      await placement.inventories.replace(child.uuid, {
        resource_provider_generation: 0,
        inventories: { PGPU: { total: 2 } },
      });
      const query = { resources: 'PGPU:1', in_tree: root.uuid, limit: 1 };
      const candidates = await placement.allocationCandidates.query(query);
      expect(candidates.allocation_requests).toEqual([
        { allocations: { [child.uuid]: { resources: { PGPU: 1 } } }, mappings: { '': [child.uuid] } },
      ]);
      expect(candidates.provider_summaries).toEqual({
        [root.uuid]: {
          resources: {},
          traits: [],
          parent_provider_uuid: null,
          root_provider_uuid: root.uuid,
        },
        [child.uuid]: {
          resources: { PGPU: { capacity: 2, used: 0 } },
          traits: [],
          parent_provider_uuid: root.uuid,
          root_provider_uuid: root.uuid,
        },
      });
      const tooMany = { ...query, resources: 'PGPU:3' };
      expect((await placement.allocationCandidates.query(tooMany)).allocation_requests).toEqual([]);
      await expect(placement.allocationCandidates.query({})).rejects.toMatchObject({
        code: 'placement.query.missing_value',
      });
      await expect(placement.allocationCandidates.query({ resources: 'NOGPU:1' })).rejects.toMatchObject({
        code: 'placement.unknown_resource_class',
      });
    });

    it('reshapes several providers at once or not at all', async () => {
      const [left, right] = [await withPgpu(), (await aProvider()).uuid];
      const move = (generation: number) => ({
        inventories: {
          [left]: { resource_provider_generation: 1, inventories: {} },
          [right]: { resource_provider_generation: generation, inventories: { PGPU: { total: 4 } } },
        },
        allocations: {},
      });
      await expect(placement.reshaper.post(move(5))).rejects.toMatchObject({
        code: 'placement.concurrent_update',
      });
      expect(await generationOf(left)).toBe(1);
      await placement.reshaper.post(move(0));
      expect(await generationOf(left)).toBe(2);
      expect(await generationOf(right)).toBe(2);
      expect(Object.keys((await placement.inventories.get(right)).inventories)).toEqual(['PGPU']);
      const lost = { [aUuid()]: { resource_provider_generation: 0, inventories: {} } };
      await expect(placement.reshaper.post({ inventories: lost, allocations: {} })).rejects.toMatchObject({
        code: 'placement.resource_provider.not_found',
      });
    });

    it('makes no second provider when the answer to the first was lost', async () => {
      server.dropReplyNext({ method: 'POST' });
      const provider = { uuid: aUuid(), name: aName('lost') };
      await expect(placement.resourceProviders.create(provider)).rejects.toMatchObject({
        code: 'placement.duplicate_name',
      });
      expect(await placement.resourceProviders.get(provider.uuid)).toMatchObject(provider);
    });

    it('leaves refused credentials and outages to the session', async () => {
      const answer = {
        status: 403,
        body: { errors: [{ detail: 'x\n\n not you', code: 'placement.undefined_code' }] },
      };
      server.failNext(answer);
      await expect(placement.resourceClasses.list()).rejects.toMatchObject({
        name: 'OpenStackError',
        kind: 'forbidden',
        detail: 'not you',
      });
      server.failNext({ status: 500, body: 'crash' });
      await expect(placement.resourceClasses.list()).rejects.toMatchObject({
        name: 'OpenStackError',
        kind: 'internal',
      });
    });
  });
