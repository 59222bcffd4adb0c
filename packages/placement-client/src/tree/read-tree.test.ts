import { beforeEach, expect, it } from 'vitest';
import { aName, aUuid, describeWithPlacement } from '../../test/placement-peers.ts';
import {
  aConsumer,
  aDevice,
  addTrait,
  aRoot,
  aTree,
  ownedPrefix,
  type Root,
} from '../../test/tree-builders.ts';
import { iterateTree, readTree } from './read-tree.ts';
import { syncTree } from './tree-sync.ts';

describeWithPlacement('snapshot of a tree', (bench) => {
  let root: Root;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
  });

  /** A card with some children, each of a total of 4, and a bare provider that nobody has written to. */
  async function aCard(children: number) {
    const card = aDevice(root, 'card', { traits: [aName(`${ownedPrefix}CARD`)] });
    const parts = Array.from({ length: children }, (_, index) =>
      aDevice(root, `part${index}`, { parentUuid: card.uuid }),
    );
    const bare = aDevice(root, 'bare', { inventories: {}, traits: [] });
    await syncTree(bench.placement, aTree(root, [card, ...parts, bare]), { random: () => 0 });
    bench.server.forget();
    return { card, parts, bare };
  }

  it('has inventory, traits and usage of every provider in one request each and three more', async () => {
    const { card, parts } = await aCard(6);
    await aConsumer(bench, card.uuid, { PGPU: 3 });
    bench.server.forget();
    const tree = await readTree(bench.placement, { uuid: card.uuid });
    expect(bench.server.requests).toHaveLength(7 + 3);
    expect(tree.rootUuid).toBe(root.uuid);
    expect(tree.providers).toHaveLength(9);
    expect(tree.get(card.uuid)).toMatchObject({
      parentUuid: root.uuid,
      traits: card.traits,
      usages: { PGPU: 3 },
      inventories: { PGPU: { total: 4, reserved: 0, max_unit: 4 } },
    });
    expect(tree.childrenOf(card.uuid).map(({ uuid }) => uuid)).toEqual(parts.map(({ uuid }) => uuid));
  });

  it('of a tree that has nothing left to give reads each provider', async () => {
    const { card, parts } = await aCard(2);
    for (const { uuid } of [card, ...parts]) await aConsumer(bench, uuid, { PGPU: 4 });
    bench.server.forget();
    const tree = await readTree(bench.placement, root);
    expect(tree.get(card.uuid)).toMatchObject({ traits: card.traits, usages: { PGPU: 4 } });
    expect(tree.providers).toHaveLength(5);
  });

  it('reads again what others change meanwhile, and sees what comes and goes', async () => {
    const { parts, bare } = await aCard(5);
    const [changed, ...others] = parts;
    const gone = others.at(-1);
    if (changed === undefined || gone === undefined) return expect.unreachable();
    const foreign = aName('CUSTOM_FOREIGN');
    const late = { uuid: aUuid(), name: aName('late'), parent_provider_uuid: root.uuid };
    let isDone = false;
    bench.server.intercept(async ({ path }) => {
      if (path !== '/allocation_candidates' || isDone) return undefined;
      isDone = true;
      await addTrait(bench.placement, changed.uuid, foreign);
      await bench.placement.resourceProviders.delete(gone.uuid);
      await bench.placement.resourceProviders.create(late);
      return undefined;
    });
    const tree = await readTree(bench.placement, { name: root.name });
    expect(isDone).toBe(true);
    expect(tree.get(changed.uuid)?.traits).toContain(foreign);
    expect(tree.get(gone.uuid)).toBeUndefined();
    expect(tree.get(late.uuid)).toMatchObject({ generation: 0, traits: [] });
    expect(tree.get(bare.uuid)).toMatchObject({ inventories: {}, usages: {} });
  });

  it('that nobody has is an error that names it', async () => {
    await expect(readTree(bench.placement, { name: root.name })).rejects.toMatchObject({
      code: 'placement.root_not_found',
      message: expect.stringContaining(root.name),
    });
  });

  it('comes one by one, parents first, reading only a little ahead', async () => {
    const { card } = await aCard(6);
    const seen: string[] = [];
    for await (const provider of iterateTree(bench.placement, root, { concurrency: 2 })) {
      seen.push(provider.uuid);
      if (provider.uuid === card.uuid) break;
    }
    expect(seen.at(0)).toBe(root.uuid);
    expect(bench.server.requests.length).toBeLessThan(1 + 3 * 6);
    const all: string[] = [];
    for await (const { uuid } of iterateTree(bench.placement, root)) all.push(uuid);
    expect(all).toEqual((await readTree(bench.placement, root)).providers.map(({ uuid }) => uuid));
  });
});
