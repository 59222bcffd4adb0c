import { describe, expect, it } from 'vitest';
import { aUuid, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProvider, aProviderOfPgpu, generationOf } from '../test/provider-builders.ts';

describeWithPlacement('consumers', (bench) => {
  describe('allocations', () => {
    it('are made, read, changed and given back, moving generations of consumer and provider', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const consumer = aUuid();
      expect(await bench.placement.allocations.get(consumer)).toEqual({
        allocations: {},
        consumer_generation: null,
      });
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 1));
      expect(await bench.placement.allocations.get(consumer)).toEqual({
        ...aClaim(uuid, 1, 1),
        allocations: { [uuid]: { resources: { PGPU: 1 }, generation: 2 } },
      });
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 3, 1));
      expect((await bench.placement.usages.ofProvider(uuid)).usages).toEqual({ PGPU: 3 });
      expect(await bench.placement.allocations.clear(consumer)).toBe(true);
      expect(await bench.placement.allocations.clear(consumer)).toBe(false);
      expect(await generationOf(bench.placement, uuid)).toBe(4);
      expect((await bench.placement.allocations.get(consumer)).consumer_generation).toBeNull();
    });

    it('are refused to the slower of two writers', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const consumer = aUuid();
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 1));
      const conflict = { code: 'placement.consumer_conflict', kind: 'conflict' };
      await expect(bench.placement.allocations.replace(consumer, aClaim(uuid, 2))).rejects.toMatchObject(
        conflict,
      );
      await expect(bench.placement.allocations.replace(consumer, aClaim(uuid, 2, 7))).rejects.toMatchObject(
        conflict,
      );
      await expect(bench.placement.allocations.replace(aUuid(), aClaim(uuid, 1, 3))).rejects.toMatchObject(
        conflict,
      );
    });

    it('are refused beyond what there is, and nothing of them stays', async () => {
      const uuid = await aProviderOfPgpu(bench.placement, 2);
      const consumer = aUuid();
      const refused = { code: 'placement.allocation_refused', kind: 'conflict' };
      await expect(bench.placement.allocations.replace(consumer, aClaim(uuid, 3))).rejects.toMatchObject(
        refused,
      );
      const without = (await aProvider(bench.placement)).uuid;
      await expect(bench.placement.allocations.replace(consumer, aClaim(without, 1))).rejects.toMatchObject(
        refused,
      );
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 2));
      await expect(bench.placement.allocations.replace(aUuid(), aClaim(uuid, 1))).rejects.toMatchObject(
        refused,
      );
    });

    it('never leave a ghost, and get past one that another client left', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const consumer = aUuid();
      await expect(
        bench.placement.allocations.replace(consumer, { ...aClaim(uuid, 1), allocations: {} }),
      ).rejects.toMatchObject({ code: 'placement.ghost_consumer' });
      const ghost = { ...aClaim(uuid, 1), allocations: {} };
      await bench.session.request({
        service: 'placement',
        method: 'PUT',
        path: `/allocations/${consumer}`,
        body: ghost,
        headers: { 'openstack-api-version': 'placement 1.39' },
      });
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 1));
      expect((await bench.placement.allocations.get(consumer)).consumer_generation).toBe(1);
    });

    it('are counted by project and consumer type', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const project_id = aUuid();
      await bench.placement.allocations.replace(aUuid(), { ...aClaim(uuid, 1), project_id });
      await bench.placement.allocations.replace(aUuid(), { ...aClaim(uuid, 2), project_id });
      expect(await bench.placement.usages.ofProject({ project_id })).toEqual({
        usages: { INSTANCE: { PGPU: 3, consumer_count: 2 } },
      });
    });

    it('that are deleted without a generation leave no trace in that of the provider', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const consumer = aUuid();
      await bench.placement.allocations.replace(consumer, aClaim(uuid, 1));
      const before = await generationOf(bench.placement, uuid);
      await bench.session.request({
        service: 'placement',
        method: 'DELETE',
        path: `/allocations/${consumer}`,
        headers: { 'openstack-api-version': 'placement 1.39' },
      });
      expect(await generationOf(bench.placement, uuid)).toBe(before);
      expect((await bench.placement.usages.ofProvider(uuid)).usages).toEqual({ PGPU: 0 });
    });
  });

  it('finds candidates in a tree, with what is known of all its nodes', async () => {
    const root = await aProvider(bench.placement);
    const child = await aProvider(bench.placement, root.uuid);
    await bench.placement.inventories.replace(child.uuid, {
      resource_provider_generation: 0,
      inventories: { PGPU: { total: 2 } },
    });
    const query = { resources: 'PGPU:1', in_tree: root.uuid, limit: 1 };
    const candidates = await bench.placement.allocationCandidates.query(query);
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
    expect((await bench.placement.allocationCandidates.query(tooMany)).allocation_requests).toEqual([]);
    await expect(bench.placement.allocationCandidates.query({})).rejects.toMatchObject({
      code: 'placement.query.missing_value',
    });
    await expect(bench.placement.allocationCandidates.query({ resources: 'NOGPU:1' })).rejects.toMatchObject({
      code: 'placement.unknown_resource_class',
    });
  });

  it('reshapes several providers at once or not at all', async () => {
    const [left, right] = [await aProviderOfPgpu(bench.placement), (await aProvider(bench.placement)).uuid];
    const move = (generation: number) => ({
      inventories: {
        [left]: { resource_provider_generation: 1, inventories: {} },
        [right]: { resource_provider_generation: generation, inventories: { PGPU: { total: 4 } } },
      },
      allocations: {},
    });
    await expect(bench.placement.reshaper.post(move(5))).rejects.toMatchObject({
      code: 'placement.concurrent_update',
    });
    expect(await generationOf(bench.placement, left)).toBe(1);
    await bench.placement.reshaper.post(move(0));
    expect(await generationOf(bench.placement, left)).toBe(2);
    expect(await generationOf(bench.placement, right)).toBe(2);
    expect(Object.keys((await bench.placement.inventories.get(right)).inventories)).toEqual(['PGPU']);
    const lost = { [aUuid()]: { resource_provider_generation: 0, inventories: {} } };
    await expect(bench.placement.reshaper.post({ inventories: lost, allocations: {} })).rejects.toMatchObject(
      {
        code: 'placement.resource_provider.not_found',
      },
    );
  });
});
