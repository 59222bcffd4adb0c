import { describe, expect, it } from 'vitest';
import { aDevice, aRoot, aTree } from '../../test/tree-builders.ts';
import { fullInventory } from '../inventory.ts';
import { diffTree } from './diff-tree.ts';
import { formatPlan } from './format-plan.ts';
import { createProviderTree, treeProvider } from './provider-tree.ts';

const root = { uuid: '11111111-1111-4111-8111-111111111111', name: 'compute-1' };
const uuid = (digit: number) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;
const listed = (digit: number, name: string, parent: string | null = root.uuid) => ({
  uuid: digit === 1 ? root.uuid : uuid(digit),
  name,
  generation: 3,
  parent_provider_uuid: parent,
  root_provider_uuid: root.uuid,
});
const holding = (traits: readonly string[], total?: number) => ({
  generation: 3,
  traits,
  inventories: total === undefined ? {} : { PGPU: fullInventory({ total }) },
  usages: {},
});
const actual = createProviderTree(root.uuid, [
  treeProvider(listed(4, 'compute-1_old_child', uuid(3)), holding([])),
  treeProvider(listed(3, 'compute-1_old'), holding([], 1)),
  treeProvider(listed(2, 'compute-1_a'), holding(['CUSTOM_OWNED_X', 'CUSTOM_FOREIGN'], 2)),
  treeProvider(listed(1, 'compute-1', null), holding([])),
]);

describe('plan of a tree', () => {
  it('says in order what comes, changes and goes', () => {
    const a = aDevice(root, 'b', { uuid: uuid(2), inventories: { PGPU: { total: 4, reserved: 1 } } });
    const c = aDevice(root, 'c', { uuid: uuid(5), parentUuid: uuid(2), inventories: { VGPU: { total: 8 } } });
    const lost = aDevice(root, 'lost', { uuid: uuid(6), parentUuid: uuid(7) });
    expect(formatPlan(diffTree(actual, aTree(root, [c, a, lost])))).toBe(
      [
        `+ provider "compute-1_c" (${uuid(5)}) below "compute-1_b"`,
        '    + trait OWNER_CYBORG',
        '    + inventory VGPU: total 8',
        `~ provider "compute-1_b" (${uuid(2)})`,
        '    ~ name: "compute-1_a" -> "compute-1_b"',
        '    - trait CUSTOM_OWNED_X',
        '    + trait OWNER_CYBORG',
        '    ~ inventory PGPU: total 2 -> 4, reserved 0 -> 1',
        `- provider "compute-1_old_child" (${uuid(4)})`,
        `- provider "compute-1_old" (${uuid(3)})`,
        `! provider "compute-1_lost" (${uuid(6)}) cannot be made: its parent is neither there nor wanted`,
        '1 to create, 1 to change, 2 to delete, 1 impossible.',
      ].join('\n'),
    );
  });

  it('is empty for a tree that is as it should be', () => {
    const same = aTree(root, [], { ownedProvider: () => false });
    expect(diffTree(actual, same).steps).toEqual([]);
    expect(formatPlan(diffTree(actual, same))).toMatch(/^Nothing to do/);
  });

  it('makes a root that is wanted and absent', () => {
    const fresh = aRoot();
    const plan = diffTree(createProviderTree(fresh.uuid, []), aTree(fresh, [aDevice(fresh, 'a')]));
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['create', 'create', 'traits', 'inventories']);
  });
});

describe('provider tree', () => {
  it('has parents first, knows depths and children, and never changes', () => {
    expect(actual.providers.map(({ uuid, name }) => actual.depthOf(uuid) + name)).toEqual([
      '0compute-1',
      '1compute-1_a',
      '1compute-1_old',
      '2compute-1_old_child',
    ]);
    expect(actual.depthOf(uuid(4))).toBe(2);
    expect(actual.childrenOf(root.uuid).map(({ uuid }) => uuid)).toEqual([uuid(2), uuid(3)]);
    const provider = actual.get(uuid(2));
    expect(() => Object.assign(provider?.inventories.PGPU ?? {}, { total: 9 })).toThrow(TypeError);
    expect(() => (actual.providers as unknown[]).push(1)).toThrow(TypeError);
  });
});
