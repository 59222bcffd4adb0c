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

const aggregates = ['a0000000', 'b0000000'].map((start) => `${start}-1111-4111-8111-111111111111`);

/** Up to five providers out of eight, each below the root or an earlier one of the list; tomorrow's list has another order. */
const shape = shapeOf({ numbers: 8, maxLength: 5 });
/** Few enough to crash at every single write. */
const smallShape = shapeOf({ numbers: 4, maxLength: 3 });

function shapeOf({ numbers, maxLength }: { readonly numbers: number; readonly maxLength: number }) {
  return fc.uniqueArray(
    fc.record({
      number: fc.nat(numbers - 1),
      below: fc.nat(numbers - 1),
      traits: fc.subarray(['OWNER_CYBORG', 'CUSTOM_OWNED_A', 'CUSTOM_OWNED_B', 'CUSTOM_OWNED_C']),
      aggregates: fc.option(fc.subarray(aggregates), { nil: undefined }),
      classes: fc.subarray(['PGPU', 'VGPU', 'CUSTOM_X']),
      total: fc.integer({ min: 1, max: 3 }),
      isClosed: fc.boolean(),
    }),
    { maxLength, selector: ({ number }) => number },
  );
}
/** Without the reshaper, as it is, and at every occasion. */
const reshapers = fc.constantFrom(false, true, 1);
/** Whether the write that a process dies of was still done. */
const crashes = [
  { title: 'crashes before', isDone: false },
  { title: 'crashes after', isDone: true },
];

/** Those of all, though the tree names only some. */
const reading = { aggregatesOf: () => true };

interface Story {
  readonly first: Shape;
  readonly second: Shape;
  readonly reshaper: boolean | number;
}

type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;

function providersOf(root: Root, entries: Shape): DesiredProvider[] {
  const uuidOf = (number: number) => `0000000${number}${root.uuid.slice(8)}`;
  return entries.map(({ number, below, traits, aggregates, classes, total, isClosed }, index) => {
    const parent = entries.slice(0, index).find((entry) => entry.number === below);
    return {
      uuid: uuidOf(number),
      name: `${root.name}_${number}`,
      parentUuid: parent === undefined ? null : uuidOf(parent.number),
      traits,
      ...(aggregates && { aggregates }),
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
          const before = await heldTree(placement, root);
          const result = await sync.sync(tree);
          expect(result).toMatchObject({ conflicts: 0, retained: [] });
          expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root, before));
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
        const before = await heldTree(placement, root);
        await createTreeSync(placement).sync(tree);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root, before));
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
        const before = await heldTree(placement, root);
        const plan = diffTree(await readTree(placement, root, reading), tree);
        server.forget();
        await applyPlan(placement, plan, { reshaper });
        expect(writesOf(server) === 0).toBe(plan.steps.length === 0);
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root, before));
        const again = diffTree(await readTree(placement, root, reading), tree);
        expect(again.steps).toEqual([]);
        server.forget();
        await applyPlan(placement, again, { reshaper });
        expect(writesOf(server)).toBe(0);
      }),
      { numRuns: 40 },
    );
    await session.close();
  });

  it.each(crashes)(
    'that $title any of its writes is finished by another plan',
    { timeout: 120_000 },
    async ({ isDone }) => {
      const { session, placement } = clientOf(server);
      /** Crashes at the n-th write of a plan, from 0, or at none; tells how many there were. */
      async function crashAt(n: number | undefined, { first, second, reshaper }: Story): Promise<number> {
        server.reset();
        const root = aRoot();
        await createTreeSync(placement).sync(aTree(root, providersOf(root, first)));
        const tree = aTree(root, providersOf(root, second));
        const before = await heldTree(placement, root);
        const plan = diffTree(await readTree(placement, root, reading), tree);
        server.forget();
        const kill = new AbortController();
        server.intercept((request) => {
          if (request.method === 'GET' || writesOf(server) - 1 !== n) return undefined;
          kill.abort(new Error('killed'));
          return { kind: isDone ? 'drop-reply' : 'drop-request' };
        });
        // One after the other, so that the n-th write is the same one every time.
        const options = { reshaper, signal: kill.signal, concurrency: 1 };
        const outcome = await applyPlan(placement, plan, options).catch((error) => error);
        const writes = writesOf(server);
        if (n === undefined) expect(outcome).toMatchObject({ rootUuid: root.uuid });
        else expect([outcome.message, writes]).toEqual(['killed', n + 1]);
        server.forget();
        await applyPlan(placement, diffTree(await readTree(placement, root, reading), tree), { reshaper });
        expect(await heldTree(placement, root)).toEqual(expectedTree(tree, root, before));
        expect(diffTree(await readTree(placement, root, reading), tree).steps).toEqual([]);
        return writes;
      }
      await fc.assert(
        fc.asyncProperty(smallShape, smallShape, reshapers, async (first, second, reshaper) => {
          const story = { first, second, reshaper };
          const writes = await crashAt(undefined, story);
          for (let n = 0; n < writes; n++) await crashAt(n, story);
        }),
        { numRuns: 20 },
      );
      await session.close();
    },
  );
});

function writesOf({ requests }: Pick<PlacementDouble, 'requests'>): number {
  return requests.filter(({ method }) => method !== 'GET').length;
}
