import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProvider, aProviderOfPgpu } from '../test/provider-builders.ts';
import type { Microversion } from './microversion.ts';
import type { Placement } from './placement.ts';

describeWithPlacement('lesser endpoints', (bench) => {
  it('read and replace one class of inventory', async () => {
    const { inventories } = bench.placement;
    const provider = await aProviderOfPgpu(bench.placement);
    const one = await inventories.getOne(provider, 'PGPU');
    expect(one).toMatchObject({ total: 4, resource_provider_generation: 1 });
    const grown = { resource_class: 'PGPU', total: 5, resource_provider_generation: 1 };
    expect(await inventories.replaceOne(provider, grown)).toMatchObject({ total: 5 });
    await expect(inventories.replaceOne(provider, grown)).rejects.toMatchObject({
      code: 'placement.concurrent_update',
    });
    const none = { resource_class: 'VGPU', total: 5, resource_provider_generation: 2 };
    await expect(inventories.replaceOne(provider, none)).rejects.toMatchObject({ status: 400 });
    await expect(inventories.getOne(provider, 'VGPU')).rejects.toMatchObject({ code: 'placement.not_found' });
  });

  it('say what exists', async () => {
    const { traits, resourceClasses } = bench.placement;
    const name = aName('CUSTOM_X');
    expect([await traits.exists(name), await resourceClasses.exists(name)]).toEqual([false, false]);
    await Promise.all([traits.ensure(name), resourceClasses.ensure(name)]);
    expect([await traits.exists(name), await resourceClasses.exists(name)]).toEqual([true, true]);
  });

  it('list traits by name and by beginning at once', async () => {
    const { traits } = bench.placement;
    const names = ['CUSTOM_A', 'CUSTOM_B'].map(aName);
    for (const name of names) await traits.ensure(name);
    expect(await traits.list({ names, prefix: 'CUSTOM_B' })).toEqual([names[1]]);
  });

  it('take a signal, as all calls do', async () => {
    const provider = await aProviderOfPgpu(bench.placement);
    const input = { resource_class: 'PGPU', total: 5, resource_provider_generation: 1 };
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(bench.placement.inventories.replaceOne(provider, input, { signal })).rejects.toThrow(
      'enough',
    );
  });

  it('clear the traits of a provider', async () => {
    const { uuid } = await aProvider(bench.placement);
    const traits = ['OWNER_CYBORG'];
    await bench.placement.providerTraits.replace(uuid, { resource_provider_generation: 0, traits });
    await bench.placement.providerTraits.clear(uuid);
    expect((await bench.placement.providerTraits.get(uuid)).traits).toEqual([]);
  });

  it('say who has something of a provider, and take it from them', async () => {
    const provider = await aProviderOfPgpu(bench.placement);
    const consumer = aUuid();
    const { allocations, resourceProviders } = bench.placement;
    await allocations.replace(consumer, aClaim(provider, 2));
    expect((await resourceProviders.allocations(provider)).allocations).toEqual({
      [consumer]: { resources: { PGPU: 2 }, consumer_generation: 1 },
    });
    expect([await allocations.delete(consumer), await allocations.delete(consumer)]).toEqual([true, false]);
    expect((await resourceProviders.allocations(provider)).allocations).toEqual({});
  });

  it('tell the versions spoken', async () => {
    const { newest, oldest } = await bench.placement.versions();
    expect([oldest, newest]).toEqual(['1.0', '1.39']);
  });

  describe('of old versions', () => {
    let old: (version: Microversion) => Placement;
    let close: (() => Promise<void>)[] = [];
    beforeEach(() => {
      close = [];
      old = (microversion) => {
        const { session, placement } = clientOf(bench, { microversion });
        close.push(() => session.close());
        return placement;
      };
    });
    afterEach(() => Promise.all(close.map((end) => end())));

    it.each(['1.0', '1.13', '1.14', '1.19', '1.20'] as const)('make a provider in %s', async (version) => {
      const uuid = aUuid();
      const made = await old(version).resourceProviders.create({ uuid, name: aName('rp') });
      expect(made).toMatchObject({
        uuid,
        generation: 0,
        parent_provider_uuid: null,
        root_provider_uuid: uuid,
      });
      expect(await old(version).resourceProviders.list({ uuid })).toHaveLength(1);
    });

    it.each(['1.0', '1.8', '1.12', '1.27', '1.37'] as const)('write allocations in %s', async (version) => {
      const provider = await aProviderOfPgpu(bench.placement);
      const { allocations } = old(version);
      const consumer = aUuid();
      await allocations.replace(consumer, aClaim(provider, 2));
      expect((await allocations.get(consumer)).allocations[provider]?.resources).toEqual({ PGPU: 2 });
      expect([await allocations.clear(consumer), await allocations.clear(consumer)]).toEqual([true, false]);
    });

    it('hang a root below a parent from 1.14, and move it from there from 1.37', async () => {
      const [{ uuid, name }, first, second] = [
        await aProvider(bench.placement),
        await aProvider(bench.placement),
        await aProvider(bench.placement),
      ];
      const below = (parent: string | null) => ({ name, parent_provider_uuid: parent });
      const move = (version: Microversion, parent: string | null) =>
        old(version).resourceProviders.update(uuid, below(parent));
      expect(await move('1.14', first.uuid)).toMatchObject(below(first.uuid));
      for (const parent of [second.uuid, null])
        await expect(move('1.36', parent)).rejects.toMatchObject({
          code: 'placement.microversion_unsupported',
          details: { needed: '1.37', spoken: '1.36' },
        });
      expect(await move('1.37', second.uuid)).toMatchObject(below(second.uuid));
      const root = { uuid: aUuid(), ...below(null), name: aName('rp') };
      expect(await old('1.13').resourceProviders.create(root)).toMatchObject({ uuid: root.uuid });
    });

    it('write aggregates without a generation below 1.19', async () => {
      const { uuid } = await aProvider(bench.placement);
      const aggregates = [aUuid()];
      const input = { resource_provider_generation: 7, aggregates };
      const answer = { resource_provider_generation: null, aggregates };
      expect(await old('1.18').aggregates.replace(uuid, input)).toEqual(answer);
      expect(await old('1.1').aggregates.get(uuid)).toEqual(answer);
    });

    it('make and rename resource classes', async () => {
      const [name, to] = [aName('CUSTOM_X'), aName('CUSTOM_Y')];
      const { resourceClasses } = old('1.2');
      expect([await resourceClasses.ensure(name), await resourceClasses.ensure(name)]).toEqual([true, false]);
      await bench.placement.resourceClasses.rename(name, to);
      expect([await resourceClasses.exists(name), await resourceClasses.exists(to)]).toEqual([false, true]);
    });

    it('find candidates in 1.10, and sum up what a project uses in 1.9', async () => {
      const provider = await aProviderOfPgpu(bench.placement);
      const { allocation_requests: found } = await old('1.10').allocationCandidates.find({
        spread: { resources: { PGPU: 1 } },
      });
      expect(found.map(({ allocations }) => Object.keys(allocations)[0])).toContain(provider);
      const project_id = aName('project');
      await bench.placement.allocations.replace(aUuid(), { ...aClaim(provider, 3), project_id });
      expect((await old('1.9').usages.ofProject({ project_id })).usages).toEqual({ all: { PGPU: 3 } });
    });

    it('are refused what they cannot say, before it is sent', async () => {
      bench.server.forget();
      const { uuid } = { uuid: aUuid() };
      const needing: [string, Promise<unknown>][] = [
        ['1.1', old('1.0').aggregates.get(uuid)],
        ['1.2', old('1.1').resourceClasses.list()],
        ['1.5', old('1.4').inventories.delete(uuid)],
        ['1.6', old('1.5').traits.list()],
        ['1.6', old('1.5').providerTraits.get(uuid)],
        ['1.9', old('1.8').usages.ofProject({ project_id: 'p' })],
        ['1.13', old('1.12').allocations.replaceMany({ [uuid]: aClaim(uuid, 1) })],
        ['1.14', old('1.13').resourceProviders.create({ uuid, name: 'x', parent_provider_uuid: uuid })],
        ['1.14', old('1.13').resourceProviders.list({ in_tree: uuid })],
        ['1.38', old('1.37').usages.ofProject({ project_id: 'p', consumer_type: 'INSTANCE' })],
      ];
      for (const [needed, call] of needing)
        await expect(call).rejects.toMatchObject({
          code: 'placement.microversion_unsupported',
          details: { needed },
        });
      expect(bench.server.requests).toEqual([]);
    });
  });
});
