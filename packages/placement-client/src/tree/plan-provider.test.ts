import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InventoryInput } from '../inventory.ts';
import type { DesiredProvider } from './desired-tree.ts';
import {
  changed,
  changeOf,
  closedTargetOf,
  keepingClasses,
  type MergeRules,
  opensNothing,
  surplusClasses,
  targetOf,
} from './plan-provider.ts';
import type { KnownView } from './provider-view.ts';
import { viewOf } from './provider-view.ts';

const rules: MergeRules = {
  rootUuid: 'root',
  ownedTrait: (name) => name.startsWith('OWNED_'),
  isUnknownTrait: (name) => name === 'OWNED_UNKNOWN',
};

const names = fc.constantFrom('root', 'a', 'b');
const traits = fc.uniqueArray(
  fc.constantFrom('OWNED_A', 'OWNED_B', 'OWNED_UNKNOWN', 'FOREIGN_A', 'FOREIGN_B'),
);
const inventory: fc.Arbitrary<InventoryInput> = fc
  .record({ total: fc.integer({ min: 1, max: 3 }), ratio: fc.constantFrom(1, 1.1, 16), share: fc.boolean() })
  .map(({ total, ratio, share }) => ({ total, allocation_ratio: ratio, reserved: share ? total : 0 }));
const inventories = fc.dictionary(fc.constantFrom('PGPU', 'VGPU', 'CUSTOM_X'), inventory);

const desiredProvider: fc.Arbitrary<DesiredProvider> = fc.record({
  uuid: fc.constant('u'),
  name: names,
  parentUuid: fc.option(names, { nil: null }),
  inventories,
  traits,
});
const knownView: fc.Arbitrary<KnownView> = fc
  .tuple(desiredProvider, fc.nat(9))
  .map(([{ uuid, name, parentUuid, ...rest }, generation]) => ({
    uuid,
    name,
    parentUuid: parentUuid ?? null,
    generation,
    contents: {
      traits: rest.traits,
      inventories: Object.fromEntries(
        Object.entries(rest.inventories).map(([key, input]) => [key, fullOf(input)]),
      ),
    },
  }));

function fullOf(input: InventoryInput) {
  return { reserved: 0, min_unit: 1, max_unit: 2147483647, step_size: 1, allocation_ratio: 1, ...input };
}

describe('plan of a provider', () => {
  it('reaches its target when it is written, and then has nothing to write', () => {
    fc.assert(
      fc.property(desiredProvider, knownView, (desired, view) => {
        const target = targetOf(desired, view, rules);
        const after = changed(view, changeOf(view, target));
        expect(changeOf(after, target)).toEqual({});
        expect(changeOf(after, targetOf(desired, after, rules))).toEqual({});
      }),
    );
  });

  it('keeps every foreign trait, drops every owned one that is not desired, wants none that is unknown', () => {
    fc.assert(
      fc.property(desiredProvider, knownView, (desired, view) => {
        const result = new Set(targetOf(desired, view, rules).traits);
        for (const name of view.contents.traits)
          if (!rules.ownedTrait(name)) expect(result).toContain(name);
          else if (!desired.traits.includes(name)) expect(result).not.toContain(name);
        for (const name of desired.traits) expect(result.has(name)).toBe(!rules.isUnknownTrait(name));
      }),
    );
  });

  it('closes what should be gone without touching anything else, and only once', () => {
    fc.assert(
      fc.property(knownView, (view) => {
        const target = closedTargetOf(view);
        const change = changeOf(view, target);
        expect(Object.keys(change).filter((key) => key !== 'inventories')).toEqual([]);
        expect(opensNothing(view, target)).toBe(true);
        expect(changeOf(changed(view, change), closedTargetOf(changed(view, change)))).toEqual({});
      }),
    );
  });

  it('keeps classes in use closed beside the desired ones', () => {
    fc.assert(
      fc.property(desiredProvider, knownView, (desired, view) => {
        const target = targetOf(desired, view, rules);
        const surplus = surplusClasses(view, target);
        const kept = keepingClasses(target, view, new Set(surplus));
        expect(surplusClasses(view, kept)).toEqual([]);
        for (const name of surplus)
          expect(kept.inventories[name]?.reserved).toBe(kept.inventories[name]?.total);
        for (const [name, wanted] of Object.entries(target.inventories))
          expect(kept.inventories[name]).toEqual(wanted);
      }),
    );
  });

  it('takes ratios for equal that differ by what a 4-byte float loses', () => {
    const desired = {
      uuid: 'u',
      name: 'a',
      traits: [],
      inventories: { PGPU: { total: 1, allocation_ratio: 1.1 } },
    };
    const stored = fullOf({ total: 1, allocation_ratio: Math.fround(1.1) });
    const view: KnownView = {
      uuid: 'u',
      name: 'a',
      parentUuid: 'root',
      generation: 1,
      contents: { traits: [], inventories: { PGPU: stored } },
    };
    expect(changeOf(view, targetOf(desired, view, rules))).toEqual({});
  });

  it.each([
    [{}, true],
    [{ PGPU: { total: 4, reserved: 4 } }, true],
    [{ PGPU: { total: 3, reserved: 1 } }, true],
    [{ PGPU: { total: 4, reserved: 1 } }, false],
    [{ PGPU: { total: 2, allocation_ratio: 2 } }, false],
    [{ PGPU: { total: 1 }, VGPU: { total: 1 } }, false],
    [{ VGPU: { total: 1, reserved: 1 } }, true],
  ])('tells of %o whether it opens something beyond two PGPU', (target, expected) => {
    const view = viewOf({
      uuid: 'u',
      name: 'a',
      generation: 0,
      parent_provider_uuid: null,
      root_provider_uuid: 'u',
    }) as KnownView;
    const now = changed(view, { inventories: { PGPU: fullOf({ total: 2 }) } });
    const full = Object.fromEntries(Object.entries(target).map(([name, input]) => [name, fullOf(input)]));
    expect(opensNothing(now, { inventories: full })).toBe(expected);
  });
});

describe('view of a provider', () => {
  const listed = {
    uuid: 'u',
    name: 'a',
    generation: 3,
    parent_provider_uuid: null,
    root_provider_uuid: 'u',
  };
  const contents = { traits: ['A'], inventories: {} };
  const before = { uuid: 'u', name: 'old', parentUuid: 'p', generation: 3, contents };

  it('keeps its contents at an unchanged generation, and takes name and parent as listed', () => {
    expect(viewOf(listed, before)).toEqual({
      uuid: 'u',
      name: 'a',
      parentUuid: null,
      generation: 3,
      contents,
    });
  });

  it('must be read anew at another generation, save that generation 0 is empty', () => {
    expect(viewOf({ ...listed, generation: 4 }, before).contents).toBeUndefined();
    expect(viewOf(listed).contents).toBeUndefined();
    expect(viewOf({ ...listed, generation: 0 }).contents).toEqual({ traits: [], inventories: {} });
  });
});
