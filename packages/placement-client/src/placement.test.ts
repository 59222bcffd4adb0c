import { describe, expect, it } from 'vitest';
import { aName, aUuid, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProvider, aProviderOfPgpu } from '../test/provider-builders.ts';

describeWithPlacement('providers', (bench) => {
  describe('resource providers', () => {
    it('are made in a tree, listed by any node of it, renamed, moved and deleted', async () => {
      const root = await aProvider(bench.placement);
      const child = await aProvider(bench.placement, root.uuid);
      const grandchild = await aProvider(bench.placement, child.uuid);
      expect(child).toMatchObject({
        generation: 0,
        parent_provider_uuid: root.uuid,
        root_provider_uuid: root.uuid,
      });
      const tree = await bench.placement.resourceProviders.list({ in_tree: grandchild.uuid });
      expect(tree.map(({ uuid }) => uuid).sort()).toEqual([root.uuid, child.uuid, grandchild.uuid].sort());
      const name = aName('renamed');
      const change = { name, parent_provider_uuid: root.uuid };
      expect(await bench.placement.resourceProviders.update(grandchild.uuid, change)).toMatchObject({
        name,
        generation: 0,
        parent_provider_uuid: root.uuid,
      });
      expect(await bench.placement.resourceProviders.list({ name })).toHaveLength(1);
      await bench.placement.resourceProviders.delete(child.uuid);
      await expect(bench.placement.resourceProviders.get(child.uuid)).rejects.toMatchObject({
        name: 'PlacementError',
        code: 'placement.not_found',
        kind: 'not-found',
        status: 404,
        requestId: expect.any(String),
      });
    });

    it('of a tree that nobody has are none', async () => {
      expect(await bench.placement.resourceProviders.list({ in_tree: aUuid() })).toEqual([]);
    });

    it('refuse a taken uuid and a taken name alike', async () => {
      const { uuid, name } = await aProvider(bench.placement);
      const duplicate = { code: 'placement.duplicate_name', kind: 'conflict' };
      const { resourceProviders } = bench.placement;
      await expect(resourceProviders.create({ uuid, name: aName('x') })).rejects.toMatchObject(duplicate);
      await expect(resourceProviders.create({ uuid: aUuid(), name })).rejects.toMatchObject(duplicate);
      const other = await aProvider(bench.placement);
      await expect(resourceProviders.update(other.uuid, { name })).rejects.toMatchObject(duplicate);
    });

    it('refuse an unknown parent and a loop', async () => {
      const lost = { uuid: aUuid(), name: aName('x'), parent_provider_uuid: aUuid() };
      const invalid = { code: 'placement.invalid', status: 400 };
      await expect(bench.placement.resourceProviders.create(lost)).rejects.toMatchObject(invalid);
      const { uuid, name } = await aProvider(bench.placement);
      const loop = { name, parent_provider_uuid: uuid };
      await expect(bench.placement.resourceProviders.update(uuid, loop)).rejects.toMatchObject(invalid);
    });

    it('are not deleted while they have children or allocations', async () => {
      const root = await aProvider(bench.placement);
      await aProvider(bench.placement, root.uuid);
      await expect(bench.placement.resourceProviders.delete(root.uuid)).rejects.toMatchObject({
        code: 'placement.resource_provider.cannot_delete_parent',
      });
      const used = await aProviderOfPgpu(bench.placement);
      await bench.placement.allocations.replace(aUuid(), aClaim(used, 1));
      await expect(bench.placement.resourceProviders.delete(used)).rejects.toMatchObject({
        code: 'placement.resource_provider.inuse',
      });
    });

    it('are found by the traits that they have', async () => {
      const root = await aProvider(bench.placement);
      const child = await aProvider(bench.placement, root.uuid);
      await bench.placement.providerTraits.replace(child.uuid, {
        resource_provider_generation: 0,
        traits: ['OWNER_CYBORG'],
      });
      const uuids = async (required: string | string[]) =>
        (await bench.placement.resourceProviders.list({ in_tree: root.uuid, required })).map(
          ({ uuid }) => uuid,
        );
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
      const uuid = await aProviderOfPgpu(bench.placement, 2);
      const read = await bench.placement.inventories.get(uuid);
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
      const written = await bench.placement.inventories.replace(uuid, read);
      expect(written).toEqual({ ...read, resource_provider_generation: 2 });
      await expect(bench.placement.inventories.replace(uuid, read)).rejects.toMatchObject({
        code: 'placement.concurrent_update',
        kind: 'conflict',
      });
    });

    it('of an unknown class are refused by its name', async () => {
      const { uuid } = await aProvider(bench.placement);
      const name = aName('CUSTOM_UNKNOWN');
      const input = { resource_provider_generation: 0, inventories: { [name]: { total: 1 } } };
      await expect(bench.placement.inventories.replace(uuid, input)).rejects.toMatchObject({
        code: 'placement.unknown_resource_class',
        details: { names: [name] },
      });
    });

    it('may be wholly reserved but not more, and never be nothing', async () => {
      const uuid = await aProviderOfPgpu(bench.placement, 2);
      const write = (record: { total: number; reserved?: number }) =>
        bench.placement.inventories.replace(uuid, {
          resource_provider_generation: 1,
          inventories: { PGPU: record },
        });
      await expect(write({ total: 2, reserved: 3 })).rejects.toMatchObject({ code: 'placement.invalid' });
      await expect(write({ total: 0 })).rejects.toMatchObject({ code: 'placement.invalid' });
      expect((await write({ total: 2, reserved: 2 })).inventories.PGPU?.reserved).toBe(2);
    });

    it('that are in use cannot be removed, whichever way, and no way calls it a race', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      await bench.placement.allocations.replace(aUuid(), aClaim(uuid, 1));
      const inUse = { code: 'placement.inventory.inuse' };
      const none = { resource_provider_generation: 2, inventories: {} };
      await expect(bench.placement.inventories.replace(uuid, none)).rejects.toMatchObject(inUse);
      await expect(bench.placement.inventories.delete(uuid)).rejects.toMatchObject(inUse);
      await expect(bench.placement.inventories.remove(uuid, 'PGPU')).rejects.toMatchObject(inUse);
    });

    it('are added and removed one class at a time; one that is there is not a race', async () => {
      const uuid = await aProviderOfPgpu(bench.placement);
      const input = { resource_class: 'VGPU', total: 8 };
      expect(await bench.placement.inventories.add(uuid, input)).toMatchObject({
        total: 8,
        max_unit: 2147483647,
      });
      await expect(bench.placement.inventories.add(uuid, input)).rejects.toMatchObject({
        code: 'placement.inventory.exists',
      });
      await bench.placement.inventories.remove(uuid, 'PGPU');
      expect(Object.keys((await bench.placement.inventories.get(uuid)).inventories)).toEqual(['VGPU']);
      await bench.placement.inventories.delete(uuid);
      expect((await bench.placement.inventories.get(uuid)).inventories).toEqual({});
    });
  });

  describe('traits', () => {
    it('are made once and listed by name, in as many requests as their names need', async () => {
      const names = Array.from({ length: 3 }, () => aName(`CUSTOM_${'LONG_'.repeat(40)}`));
      expect(await bench.placement.traits.ensure(names[0] as string)).toBe(true);
      expect(await bench.placement.traits.ensure(names[0] as string)).toBe(false);
      await bench.placement.traits.ensure(names[2] as string);
      const more = Array.from({ length: 30 }, () =>
        aName('CUSTOM_NOBODY_HAS_THIS_TRAIT_WITH_A_LONG_NAME_AT_ALL'),
      );
      const found = await bench.placement.traits.list({ names: [...names, 'OWNER_CYBORG', ...more] });
      expect(found.sort()).toEqual([names[0], names[2], 'OWNER_CYBORG'].sort());
      await bench.placement.traits.delete(names[0] as string);
      expect(await bench.placement.traits.list({ prefix: names[0] as string })).toEqual([]);
      expect(await bench.placement.traits.list({ names: [] })).toEqual([]);
    });

    it('must be custom to be made, and unused to be deleted', async () => {
      await expect(bench.placement.traits.ensure('OTHER_TRAIT')).rejects.toMatchObject({
        code: 'placement.invalid',
      });
      const name = aName('CUSTOM_USED');
      await bench.placement.traits.ensure(name);
      const { uuid } = await aProvider(bench.placement);
      await bench.placement.providerTraits.replace(uuid, { resource_provider_generation: 0, traits: [name] });
      await expect(bench.placement.traits.delete(name)).rejects.toMatchObject({
        code: 'placement.name_in_use',
      });
      expect(await bench.placement.traits.list({ names: [name], associated: true })).toEqual([name]);
      expect(await bench.placement.traits.list({ names: [name], associated: false })).toEqual([]);
    });

    it('of a provider raise its generation only when they change', async () => {
      const { uuid } = await aProvider(bench.placement);
      const put = (generation: number, traits: string[]) =>
        bench.placement.providerTraits.replace(uuid, { resource_provider_generation: generation, traits });
      expect(await put(0, ['OWNER_CYBORG'])).toEqual({
        resource_provider_generation: 1,
        traits: ['OWNER_CYBORG'],
      });
      expect((await put(1, ['OWNER_CYBORG'])).resource_provider_generation).toBe(1);
      await expect(put(0, [])).rejects.toMatchObject({ code: 'placement.concurrent_update' });
      expect((await bench.placement.providerTraits.get(uuid)).traits).toEqual(['OWNER_CYBORG']);
    });

    it('of a provider that do not exist are all named, and a stale generation is told first', async () => {
      const { uuid } = await aProvider(bench.placement);
      const names = [aName('CUSTOM_A'), aName('CUSTOM_B')];
      const put = (generation: number) =>
        bench.placement.providerTraits.replace(uuid, {
          resource_provider_generation: generation,
          traits: names,
        });
      const error = await put(0).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'placement.unknown_trait', kind: 'invalid' });
      expect([...error.details.names].sort()).toEqual([...names].sort());
      await expect(put(7)).rejects.toMatchObject({ code: 'placement.concurrent_update' });
    });
  });

  it('makes resource classes once, and only custom ones', async () => {
    const name = aName('CUSTOM_CLASS');
    expect(await bench.placement.resourceClasses.ensure(name)).toBe(true);
    expect(await bench.placement.resourceClasses.ensure(name)).toBe(false);
    expect(await bench.placement.resourceClasses.list()).toEqual(
      expect.arrayContaining([name, 'PGPU', 'VGPU', 'FPGA']),
    );
    await expect(bench.placement.resourceClasses.ensure('NEWGPU')).rejects.toMatchObject({
      code: 'placement.invalid',
    });
    await bench.placement.resourceClasses.delete(name);
    await expect(bench.placement.resourceClasses.delete(name)).rejects.toMatchObject({
      code: 'placement.not_found',
    });
  });

  it('puts providers into aggregates, raising the generation every time', async () => {
    const { uuid } = await aProvider(bench.placement);
    const aggregates = [aUuid()];
    const first = await bench.placement.aggregates.replace(uuid, {
      resource_provider_generation: 0,
      aggregates,
    });
    expect(first).toEqual({ resource_provider_generation: 1, aggregates });
    expect((await bench.placement.aggregates.replace(uuid, first)).resource_provider_generation).toBe(2);
    expect(await bench.placement.aggregates.get(uuid)).toEqual({
      resource_provider_generation: 2,
      aggregates,
    });
    const [member] = await bench.placement.resourceProviders.list({ member_of: aggregates[0] });
    expect(member?.uuid).toBe(uuid);
    await expect(bench.placement.aggregates.replace(uuid, first)).rejects.toMatchObject({
      code: 'placement.concurrent_update',
    });
  });

  it('makes no second provider when the answer to the first was lost', async () => {
    bench.server.dropReplyNext({ method: 'POST' });
    const provider = { uuid: aUuid(), name: aName('lost') };
    await expect(bench.placement.resourceProviders.create(provider)).rejects.toMatchObject({
      code: 'placement.duplicate_name',
    });
    expect(await bench.placement.resourceProviders.get(provider.uuid)).toMatchObject(provider);
  });

  it('leaves refused credentials and outages to the session', async () => {
    const answer = {
      status: 403,
      body: { errors: [{ detail: 'x\n\n not you', code: 'placement.undefined_code' }] },
    };
    bench.server.failNext(answer);
    await expect(bench.placement.resourceClasses.list()).rejects.toMatchObject({
      name: 'OpenStackError',
      kind: 'forbidden',
      detail: 'not you',
    });
    bench.server.failNext({ status: 500, body: 'crash' });
    await expect(bench.placement.resourceClasses.list()).rejects.toMatchObject({
      name: 'OpenStackError',
      kind: 'internal',
    });
  });
});
