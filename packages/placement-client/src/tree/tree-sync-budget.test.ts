import { beforeEach, expect, it } from 'vitest';
import { aName, describeWithPlacement } from '../../test/placement-peers.ts';
import {
  aConsumer,
  aDevice,
  addTrait,
  aRoot,
  aTree,
  expectedTree,
  heldTree,
  ownedPrefix,
  type Root,
} from '../../test/tree-builders.ts';
import { createTreeSync } from './tree-sync.ts';

const quick = { random: () => 0 };
const bulk = { ...quick, reshaper: true };

/** Devices that share new traits and one new class. */
function devicesOf(root: Root, count: number, traitCount: number) {
  const traits = Array.from({ length: traitCount }, (_, index) => aName(`${ownedPrefix}T${index}`));
  const inventories = { [aName('CUSTOM_CLASS')]: { total: 4 }, PGPU: { total: 2 } };
  return Array.from({ length: count }, (_, index) => aDevice(root, `dev${index}`, { traits, inventories }));
}

describeWithPlacement('request budget of a tree sync', (bench) => {
  let root: Root;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
  });

  const reshapes = () => bench.server.requests.filter(({ path }) => path === '/reshaper');

  it.each([
    { devices: 1, traits: 5 },
    { devices: 2, traits: 1 },
    { devices: 8, traits: 5 },
    { devices: 12, traits: 0 },
  ])('of $devices new devices with $traits new traits holds', async ({ devices, traits }) => {
    await bench.placement.resourceProviders.create(root);
    for (const [options, most] of [
      [quick, 1 + 3 * devices + traits + 1],
      [bulk, 3 + 2 * devices + traits + 1],
    ] as const) {
      const sync = createTreeSync(bench.placement, options);
      const tree = aTree(root, devicesOf(root, devices, traits));
      await sync.sync(aTree(root, []));
      bench.server.forget();
      const { requests } = await sync.sync(tree);
      expect(bench.server.requests.length).toBeLessThanOrEqual(most);
      expect(requests).toBe(bench.server.requests.length);
      expect(reshapes()).toHaveLength(options === bulk && devices >= 3 ? 1 : 0);
      expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
      bench.server.forget();
      await sync.sync(tree);
      expect(bench.server.requests).toHaveLength(1);
    }
  });

  it('of one total or one trait changed is two requests, with the reshaper too', async () => {
    const sync = createTreeSync(bench.placement, bulk);
    const [one, two, ...rest] = devicesOf(root, 4, 1);
    if (one === undefined || two === undefined) return expect.unreachable();
    await sync.sync(aTree(root, [one, two, ...rest]));
    const grown = { ...one, inventories: { PGPU: { total: 3 } } };
    expect((await sync.sync(aTree(root, [grown, two, ...rest]))).requests).toBe(2);
    const labelled = { ...two, traits: [...two.traits, 'OWNER_CYBORG'] };
    expect((await sync.sync(aTree(root, [grown, labelled, ...rest]))).requests).toBe(2);
  });

  it('asks for many traits at once where they exist already', async () => {
    const [device] = devicesOf(root, 1, 6);
    if (device === undefined) return expect.unreachable();
    await Promise.all(device.traits.map((name) => bench.placement.traits.ensure(name)));
    const { requests } = await createTreeSync(bench.placement, quick).sync(aTree(root, [device]));
    // Listing and root, the first trait, the others; the class; provider, traits, inventory.
    expect(requests).toBe(2 + 2 + 1 + 3);
  });
});

describeWithPlacement('tree sync by the reshaper', (bench) => {
  let root: Root;
  beforeEach(() => {
    bench.server.forget();
    root = aRoot();
  });

  const bodies = (path: RegExp) => bench.server.requests.filter((request) => path.test(request.path));

  it('names no provider whose inventory is unchanged, and only as many as are worth it', async () => {
    const sync = createTreeSync(bench.placement, bulk);
    const devices = devicesOf(root, 5, 1);
    await sync.sync(aTree(root, devices));
    const change = (count: number, total: number) =>
      devices.map((device, index) =>
        index < count ? { ...device, inventories: { PGPU: { total } } } : device,
      );
    bench.server.forget();
    await sync.sync(aTree(root, change(3, 7)));
    const [reshape] = bodies(/^\/reshaper$/);
    expect(Object.keys(JSON.parse(reshape?.body ?? '{}').inventories).sort()).toEqual(
      devices
        .slice(0, 3)
        .map(({ uuid }) => uuid)
        .sort(),
    );
    bench.server.forget();
    await sync.sync(aTree(root, [...change(2, 8).slice(0, 2), ...change(3, 7).slice(2)]));
    expect(bodies(/^\/reshaper$/)).toEqual([]);
    expect(bodies(/inventories$/)).toHaveLength(2);
  });

  it('that is not allowed goes on one by one, and does not ask again', async () => {
    const sync = createTreeSync(bench.placement, bulk);
    bench.server.failNext({ status: 403, body: { errors: [{ status: 403 }] } }, { path: '/reshaper' });
    const devices = devicesOf(root, 4, 1);
    await sync.sync(aTree(root, devices));
    expect(bodies(/^\/reshaper$/)).toHaveLength(1);
    const tree = aTree(
      root,
      devices.map((device) => ({ ...device, inventories: { PGPU: { total: 9 } } })),
    );
    bench.server.forget();
    expect((await sync.sync(tree)).requests).toBe(5);
    expect(bodies(/^\/reshaper$/)).toEqual([]);
    expect(await heldTree(bench.placement, root)).toEqual(expectedTree(tree, root));
  });

  it('that somebody else was faster than is tried again after reading what changed', async () => {
    const sync = createTreeSync(bench.placement, bulk);
    const devices = devicesOf(root, 4, 1);
    await sync.sync(aTree(root, devices));
    const foreign = aName('CUSTOM_FOREIGN');
    bench.server.forget();
    let isDone = false;
    bench.server.intercept(async ({ path }) => {
      if (path !== '/reshaper' || isDone) return undefined;
      isDone = true;
      await addTrait(bench.placement, devices[2]?.uuid ?? '', foreign);
      return undefined;
    });
    const tree = aTree(
      root,
      devices.map((device) => ({ ...device, inventories: { PGPU: { total: 9 } } })),
    );
    expect(await sync.sync(tree)).toMatchObject({ conflicts: 1, retained: [] });
    expect(bodies(/^\/reshaper$/)).toHaveLength(2);
    const held = await heldTree(bench.placement, root);
    expect(held[devices[2]?.name ?? '']?.traits).toContain(foreign);
    expect(Object.values(held).every(({ inventories }) => inventories.PGPU?.[0] === 9)).toBe(true);
    expect((await sync.sync(tree)).requests).toBe(1);
  });

  it('falls back to one by one where a class that should go is in use', async () => {
    const sync = createTreeSync(bench.placement, bulk);
    const devices = devicesOf(root, 3, 0);
    await sync.sync(aTree(root, devices));
    await aConsumer(bench, devices[0]?.uuid ?? '');
    const tree = aTree(
      root,
      devices.map((device) => ({ ...device, inventories: { VGPU: { total: 9 } } })),
    );
    const { retained } = await sync.sync(tree);
    expect(retained).toMatchObject([{ uuid: devices[0]?.uuid, reason: 'inventory-in-use' }]);
    const held = await heldTree(bench.placement, root);
    expect(Object.values(held).map(({ inventories }) => inventories.VGPU?.[0])).toEqual([9, 9, 9]);
  });

  it('never reserves more than there is, though Placement would take it', async () => {
    const inventories = {
      [root.uuid]: { resource_provider_generation: 0, inventories: { PGPU: { total: 2, reserved: 9 } } },
    };
    await expect(bench.placement.reshaper.post({ inventories, allocations: {} })).rejects.toMatchObject({
      code: 'placement.invalid',
      message: expect.stringContaining('9 of 2 PGPU'),
    });
    expect(bench.server.requests).toEqual([]);
  });
});
