import { expect, it } from 'vitest';
import { describeWithPlacement } from '../../test/placement-peers.ts';
import { aDay, aRoot, expectedTree, heldTree } from '../../test/tree-builders.ts';
import type { Fault, SeenRequest } from '../testing/faulty-server.ts';
import { createTreeSync } from './tree-sync.ts';

const conflict = (code: string, detail: string): Fault => ({
  kind: 'answer',
  status: 409,
  body: { errors: [{ status: 409, title: 'Conflict', code, detail }] },
});

/** How Placement says at each of its doors that somebody else was faster. */
const conflicts: readonly { readonly door: string; is(request: SeenRequest): boolean; fault: Fault }[] = [
  {
    door: 'a new provider',
    is: ({ method, path }) => method === 'POST' && path === '/resource_providers',
    fault: conflict('placement.duplicate_name', 'Conflicting resource provider name: x already exists.'),
  },
  {
    door: 'a provider moved or renamed',
    is: ({ method, path }) => method === 'PUT' && /^\/resource_providers\/[^/]+$/.test(path),
    fault: conflict('placement.duplicate_name', 'Conflicting resource provider name: x already exists.'),
  },
  {
    door: 'traits',
    is: ({ method, path }) => method === 'PUT' && path.endsWith('/traits'),
    fault: conflict('placement.concurrent_update', 'resource provider generation conflict'),
  },
  {
    door: 'inventory',
    is: ({ method, path }) => method === 'PUT' && path.endsWith('/inventories'),
    fault: conflict('placement.concurrent_update', 'resource provider generation conflict'),
  },
  {
    door: 'the reshaper',
    is: ({ path }) => path === '/reshaper',
    fault: conflict('placement.concurrent_update', 'resource provider generation conflict'),
  },
];

describeWithPlacement('refused tree sync', (bench) => {
  it.each(conflicts)(
    'by a conflict at each write of $door goes on within the same call',
    {
      timeout: 120_000,
    },
    async ({ door, is, fault }) => {
      const options = { random: () => 0, reshaper: door === 'the reshaper' ? 1 : false } as const;
      for (let n = 0; ; n++) {
        const root = aRoot();
        const [before, after] = aDay(root);
        const sync = createTreeSync(bench.placement, options);
        await sync.sync(before);
        bench.server.forget();
        let seen = 0;
        bench.server.intercept((request) => (is(request) && seen++ === n ? fault : undefined));
        const result = await sync.sync(after);
        const wasInTime = seen <= n;
        bench.server.forget();
        expect(result.retained).toEqual([]);
        expect(await heldTree(bench.placement, root)).toEqual(expectedTree(after, root));
        expect((await sync.sync(after)).requests).toBe(1);
        if (!wasInTime) continue;
        expect(n).toBeGreaterThanOrEqual(1);
        return;
      }
    },
  );

  it('keeps what is said to be in use, and deletes it the next time', async () => {
    const root = aRoot();
    const [before, after] = aDay(root);
    const sync = createTreeSync(bench.placement, { random: () => 0 });
    await sync.sync(before);
    bench.server.failNext(
      { status: 409, body: { errors: [{ code: 'placement.resource_provider.inuse', detail: 'in use' }] } },
      { method: 'DELETE' },
    );
    expect((await sync.sync(after)).retained).toMatchObject([
      { name: `${root.name}_gone`, reason: 'in-use' },
    ]);
    expect((await sync.sync(after)).deleted).toHaveLength(1);
    expect(await heldTree(bench.placement, root)).toEqual(expectedTree(after, root));
  });
});
