import { beforeEach, describe, expect, it } from 'vitest';
import { aUuid, clientOf, describeWithPlacement } from '../../test/placement-peers.ts';
import {
  aDevice,
  aRoot,
  aTree,
  expectedTree,
  heldTree,
  ownedPrefix,
  type Root,
} from '../../test/tree-builders.ts';
import { applyPlan } from './apply-plan.ts';
import { diffTree } from './diff-tree.ts';
import { formatPlan } from './format-plan.ts';
import { iterateTree, readTree } from './read-tree.ts';
import { createTreeSync, syncTree } from './tree-sync.ts';

const quick = { random: () => 0 };

describeWithPlacement('aggregates in a tree sync', (bench) => {
  let root: Root;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
  });

  const [first, second] = [aUuid(), aUuid()];
  const asked = () => bench.server.requests.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
  const aboutAggregates = () => asked().filter((request) => request.endsWith(' aggregates'));
  const held = async (uuid: string) => (await bench.placement.aggregates.get(uuid)).aggregates.toSorted();

  async function putAggregates(uuid: string, aggregates: readonly string[]) {
    const { generation } = await bench.placement.resourceProviders.get(uuid);
    await bench.placement.aggregates.replace(uuid, { resource_provider_generation: generation, aggregates });
  }

  it('are written after traits and before inventory, once', async () => {
    const sync = createTreeSync(bench.placement, quick);
    const device = aDevice(root, 'one', { aggregates: [first, second] });
    const tree = aTree(root, [device]);
    await sync.sync(aTree(root, []));
    bench.server.forget();
    expect((await sync.sync(tree)).conflicts).toBe(0);
    expect(asked()).toEqual([
      'GET resource_providers',
      'POST resource_providers',
      'PUT traits',
      'PUT aggregates',
      'PUT inventories',
    ]);
    expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
    expect((await sync.sync(tree)).requests).toBe(1);
    const moved = aTree(root, [{ ...device, aggregates: [second] }]);
    expect(await sync.sync(moved)).toMatchObject({ requests: 2, updated: [device.uuid] });
    expect((await sync.sync(moved)).requests).toBe(1);
    expect(await held(device.uuid)).toEqual([second]);
  });

  it('cost a new process one reading of each provider that names them, and nobody else anything', async () => {
    const [named, unnamed] = [aDevice(root, 'one', { aggregates: [first] }), aDevice(root, 'two')];
    const tree = aTree(root, [named, unnamed]);
    await syncTree(bench.placement, tree, quick);
    bench.server.forget();
    expect(await syncTree(bench.placement, tree, quick)).toMatchObject({ requests: 1 + 3 + 2, updated: [] });
    expect(aboutAggregates()).toEqual(['GET aggregates']);
    const plain = aTree(root, [aDevice(root, 'one', { uuid: named.uuid }), unnamed]);
    bench.server.forget();
    expect(await syncTree(bench.placement, plain, quick)).toMatchObject({ requests: 1 + 2 + 2, updated: [] });
    expect(aboutAggregates()).toEqual([]);
    expect(await held(named.uuid)).toEqual([first]);
  });

  it('that are named from now on are read alone where the rest is known', async () => {
    const sync = createTreeSync(bench.placement, quick);
    const device = aDevice(root, 'one');
    await sync.sync(aTree(root, [device]));
    sync.forget();
    await sync.sync(aTree(root, [device]));
    bench.server.forget();
    await sync.sync(aTree(root, [{ ...device, aggregates: [] }]));
    expect(asked()).toEqual(['GET resource_providers', 'GET aggregates']);
    bench.server.forget();
    await sync.sync(aTree(root, [{ ...device, aggregates: [first] }]));
    expect(asked()).toEqual(['GET resource_providers', 'PUT aggregates']);
  });

  it('that others added are left when they are not ours, and put back when they are', async () => {
    const device = aDevice(root, 'one', { aggregates: [first] });
    const tree = aTree(root, [device]);
    const sync = createTreeSync(bench.placement, quick);
    await sync.sync(tree);
    await putAggregates(device.uuid, [second]);
    await sync.sync({ ...tree, ownedAggregate: (uuid) => uuid === first });
    expect(await held(device.uuid)).toEqual([first, second].toSorted());
    await sync.sync(tree);
    expect(await held(device.uuid)).toEqual([first]);
  });

  it('that somebody changes while we write are read again and merged', async () => {
    const device = aDevice(root, 'one', { aggregates: [] });
    const sync = createTreeSync(bench.placement, quick);
    await sync.sync(aTree(root, [device]));
    let isDone = false;
    bench.server.intercept(async ({ method, path }) => {
      if (isDone || method !== 'PUT' || !path.endsWith('aggregates')) return undefined;
      isDone = true;
      await putAggregates(device.uuid, [second]);
      return undefined;
    });
    const tree = aTree(root, [{ ...device, aggregates: [first] }], {
      ownedAggregate: (uuid) => uuid === first,
    });
    expect(await sync.sync(tree)).toMatchObject({ conflicts: 1 });
    expect(await held(device.uuid)).toEqual([first, second].toSorted());
    expect((await sync.sync(tree)).requests).toBe(1);
  });

  it('are in a plan where they were read, and a plan without having read them is refused', async () => {
    const device = aDevice(root, 'one', { aggregates: [first] });
    await syncTree(bench.placement, aTree(root, [device]), quick);
    const wish = aTree(root, [{ ...device, aggregates: [second] }]);
    const actual = await readTree(bench.placement, root);
    expect(() => diffTree(actual, wish)).toThrow(/_one": it names aggregates.*aggregatesOf/);
    expect(actual.get(device.uuid)).not.toHaveProperty('aggregates');
    const aggregatesOf = ({ uuid }: { readonly uuid: string }) => uuid === device.uuid;
    const read = await readTree(bench.placement, root, { aggregatesOf });
    expect(read.get(device.uuid)?.aggregates).toEqual([first]);
    expect(read.get(root.uuid)).not.toHaveProperty('aggregates');
    const plan = diffTree(read, wish);
    expect(formatPlan(plan)).toContain(
      `    - aggregate ${first}\n    + aggregate ${second}\n0 to create, 1 to`,
    );
    bench.server.forget();
    await applyPlan(bench.placement, plan, quick);
    expect(asked()).toEqual(['GET resource_providers', 'PUT aggregates']);
    for await (const provider of iterateTree(bench.placement, root, { aggregatesOf }))
      expect(provider.aggregates).toEqual(provider.uuid === device.uuid ? [second] : undefined);
  });

  it('are read beside a bulk reading, each at its generation', async () => {
    const devices = ['a', 'b', 'c', 'd'].map((name) => aDevice(root, name, { aggregates: [first] }));
    await syncTree(bench.placement, aTree(root, devices), quick);
    bench.server.forget();
    const read = await readTree(bench.placement, root, { aggregatesOf: ({ uuid }) => uuid !== root.uuid });
    expect(read.providers.map(({ aggregates }) => aggregates)).toEqual([
      undefined,
      ...devices.map(() => [first]),
    ]);
    // The tree twice, candidates, and inventory and aggregates of each.
    expect(asked()).toHaveLength(3 + 2 * devices.length);
  });

  it('may have been written at generation 0 by a version that leaves no trace', async () => {
    const { session, placement } = clientOf(bench, { microversion: '1.18' });
    const device = aDevice(root, 'one', { inventories: {}, traits: [], aggregates: [second] });
    await bench.placement.resourceProviders.create(root);
    const { uuid, name } = device;
    await bench.placement.resourceProviders.create({ uuid, name, parent_provider_uuid: root.uuid });
    const old = { resource_provider_generation: null, aggregates: [first] };
    await placement.aggregates.replace(device.uuid, old);
    const tree = aTree(root, [device]);
    await syncTree(bench.placement, tree, quick);
    expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
    await session.close();
  });

  describe('of a version below 1.19', () => {
    it('are written without a generation, and the steady state is one request all the same', async () => {
      const { session, placement } = clientOf(bench, { microversion: '1.18' });
      const sync = createTreeSync(placement, quick);
      const device = aDevice(root, 'one', { traits: [`${ownedPrefix}OLD`], aggregates: [first] });
      const tree = aTree(root, [device]);
      await sync.sync(tree);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
      expect((await sync.sync(tree)).requests).toBe(1);
      const moved = aTree(root, [{ ...device, aggregates: [second] }]);
      expect((await sync.sync(moved)).requests).toBe(2);
      expect((await sync.sync(moved)).requests).toBe(1);
      expect(await held(device.uuid)).toEqual([second]);
      expect(await syncTree(placement, moved, quick)).toMatchObject({ updated: [] });
      await session.close();
    });
  });
});
