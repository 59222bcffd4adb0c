import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../test/placement-peers.ts';
import { aRoot, aTree, expectedTree, heldTree, type Root } from '../../test/tree-builders.ts';
import { type PlacementDouble, startPlacementDouble } from '../testing/placement-double.ts';
import { applyPlan } from './apply-plan.ts';
import type { DesiredProvider } from './desired-tree.ts';
import { diffTree } from './diff-tree.ts';
import { readTree } from './read-tree.ts';
import { createTreeSync } from './tree-sync.ts';

let server: PlacementDouble;
beforeAll(async () => {
  server = await startPlacementDouble();
});
afterAll(() => server.close());

/** Up to five providers out of eight, each below the root or an earlier one of the list; tomorrow's list has another order. */
const shape = fc.uniqueArray(
  fc.record({
    number: fc.nat(7),
    below: fc.nat(7),
    traits: fc.subarray(['OWNER_CYBORG', 'CUSTOM_OWNED_A', 'CUSTOM_OWNED_B', 'CUSTOM_OWNED_C']),
    classes: fc.subarray(['PGPU', 'VGPU', 'CUSTOM_X']),
    total: fc.integer({ min: 1, max: 3 }),
    isClosed: fc.boolean(),
  }),
  { maxLength: 5, selector: ({ number }) => number },
);
/** Without the reshaper, as it is, and at every occasion. */
const reshapers = fc.constantFrom(false, true, 1);
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;

function providersOf(root: Root, entries: Shape): DesiredProvider[] {
  const uuidOf = (number: number) => `0000000${number}${root.uuid.slice(8)}`;
  return entries.map(({ number, below, traits, classes, total, isClosed }, index) => {
    const parent = entries.slice(0, index).find((entry) => entry.number === below);
    return {
      uuid: uuidOf(number),
      name: `${root.name}_${number}`,
      parentUuid: parent === undefined ? null : uuidOf(parent.number),
      traits,
      inventories: Object.fromEntries(
        classes.map((name) => [name, { total, reserved: isClosed ? total : 0 }]),
      ),
    };
  });
}

describe('tree sync', () => {
  it('reaches any tree from any other, and then has nothing to do', { timeout: 60_000 }, async () => {
    const { session, placement } = clientOf(server);
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 4 }), reshapers, async (days, reshaper) => {
        server.reset();
        const root = aRoot();
        const sync = createTreeSync(placement, { random: () => 0, reshaper });
        for (const day of days) {
          const tree = aTree(root, providersOf(root, day));
          const result = await sync.sync(tree);
          expect(result).toMatchObject({ conflicts: 0, retained: [] });
          expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
          expect((await sync.sync(tree)).requests).toBe(1);
        }
      }),
      { numRuns: 25 },
    );
    await session.close();
  });

  it('ends at the same tree from wherever a process with no memory begins', { timeout: 60_000 }, async () => {
    const { session, placement } = clientOf(server);
    await fc.assert(
      fc.asyncProperty(shape, shape, async (first, second) => {
        server.reset();
        const root = aRoot();
        await createTreeSync(placement).sync(aTree(root, providersOf(root, first)));
        const tree = aTree(root, providersOf(root, second));
        await createTreeSync(placement).sync(tree);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
        const again = await createTreeSync(placement).sync(tree);
        expect(again).toMatchObject({ created: [], updated: [], deleted: [] });
      }),
      { numRuns: 25 },
    );
    await session.close();
  });
});

describe('plan of a tree', () => {
  it('applied reaches the wish, and then there is no plan left', { timeout: 60_000 }, async () => {
    const { session, placement } = clientOf(server);
    await fc.assert(
      fc.asyncProperty(shape, shape, reshapers, async (first, second, reshaper) => {
        server.reset();
        const root = aRoot();
        await createTreeSync(placement).sync(aTree(root, providersOf(root, first)));
        const tree = aTree(root, providersOf(root, second));
        const plan = diffTree(await readTree(placement, root), tree);
        server.forget();
        await applyPlan(placement, plan, { reshaper });
        expect(writesOf(server) === 0).toBe(plan.steps.length === 0);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
        const again = diffTree(await readTree(placement, root), tree);
        expect(again.steps).toEqual([]);
        server.forget();
        await applyPlan(placement, again, { reshaper });
        expect(writesOf(server)).toBe(0);
      }),
      { numRuns: 40 },
    );
    await session.close();
  });

  it('that is killed after any write is finished by another plan', { timeout: 60_000 }, async () => {
    const { session, placement } = clientOf(server);
    await fc.assert(
      fc.asyncProperty(shape, shape, fc.nat(20), reshapers, async (first, second, writes, reshaper) => {
        server.reset();
        const root = aRoot();
        await createTreeSync(placement).sync(aTree(root, providersOf(root, first)));
        const tree = aTree(root, providersOf(root, second));
        const plan = diffTree(await readTree(placement, root), tree);
        server.forget();
        const kill = new AbortController();
        server.intercept(() => {
          if (writesOf(server) > writes) kill.abort(new Error('killed'));
          return undefined;
        });
        await applyPlan(placement, plan, { reshaper, signal: kill.signal }).catch((error) => {
          expect(error).toMatchObject({ message: 'killed' });
        });
        server.forget();
        await applyPlan(placement, diffTree(await readTree(placement, root), tree), { reshaper });
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root));
      }),
      { numRuns: 40 },
    );
    await session.close();
  });
});

function writesOf({ requests }: Pick<PlacementDouble, 'requests'>): number {
  return requests.filter(({ method }) => method !== 'GET').length;
}
