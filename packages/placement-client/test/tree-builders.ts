import type { Inventory } from '../src/inventory.ts';
import type { Placement } from '../src/placement.ts';
import type { DesiredProvider, DesiredTree } from '../src/tree/desired-tree.ts';
import { aName, aUuid, type PlacementBench } from './placement-peers.ts';

/** Beginning of the traits that the trees of these tests own. */
export const ownedPrefix = 'CUSTOM_OWNED_';

/** Beginning of the names of the providers that a tree of these tests owns: the name of its root and `_`. */
const isOwnedBy = (rootName: string) => (provider: { readonly name: string }) =>
  provider.name.startsWith(`${rootName}_`);

/** A root that is still to be made. */
export function aRoot(): Root {
  return { uuid: aUuid(), name: aName('host') };
}
/** Below what the trees of a test hang. */
export interface Root {
  readonly uuid: string;
  readonly name: string;
}

/** A tree below a root; the root is made when it is absent. */
export function aTree(
  root: Root,
  providers: readonly DesiredProvider[],
  more: Partial<DesiredTree> = {},
): DesiredTree {
  return {
    root,
    createRoot: true,
    providers,
    ownedTrait: (name) => name.startsWith(ownedPrefix) || name === 'OWNER_CYBORG',
    ownedProvider: isOwnedBy(root.name),
    ...more,
  };
}

/** A provider with one device and its owner's trait. */
export function aDevice(root: Root, address: string, more: Partial<DesiredProvider> = {}): DesiredProvider {
  return {
    uuid: aUuid(),
    name: `${root.name}_${address}`,
    inventories: { PGPU: { total: 4, max_unit: 4 } },
    traits: ['OWNER_CYBORG'],
    ...more,
  };
}

/** Before and after of a host on which much happens: providers come, go, move and change in every part. */
export function aDay(root: Root): readonly [before: DesiredTree, after: DesiredTree] {
  const [old, fresh] = [aName(`${ownedPrefix}OLD`), aName(`${ownedPrefix}NEW`)];
  const [left, joined] = [aUuid(), aUuid()];
  const card = aDevice(root, 'card', { traits: [old], aggregates: [left] });
  const slice = aDevice(root, 'slice', { parentUuid: card.uuid });
  const gone = aDevice(root, 'gone', { traits: [old] });
  const before = aTree(root, [card, slice, gone]);
  const after = aTree(root, [
    {
      ...card,
      traits: [fresh],
      aggregates: [joined],
      inventories: { [aName('CUSTOM_CLASS')]: { total: 2 } },
    },
    { ...slice, parentUuid: null, traits: [old, fresh] },
    aDevice(root, 'come', { traits: [fresh], aggregates: [joined] }),
  ]);
  return [before, after];
}

/** What Placement holds of a provider, as a test wants to compare it. */
export interface HeldProvider {
  readonly parent: string | null;
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** Total and reserved by class. */
  readonly inventories: Readonly<Record<string, readonly [total: number, reserved: number]>>;
}

/** All of a tree but its root, by name. */
export async function heldTree(placement: Placement, root: Root): Promise<Record<string, HeldProvider>> {
  const listed = await placement.resourceProviders.list({ in_tree: root.uuid });
  const names = new Map(listed.map(({ uuid, name }) => [uuid, name]));
  const held: Record<string, HeldProvider> = {};
  for (const { uuid, name, parent_provider_uuid: parent } of listed) {
    if (uuid === root.uuid) continue;
    const { inventories } = await placement.inventories.get(uuid);
    const { traits } = await placement.providerTraits.get(uuid);
    const { aggregates } = await placement.aggregates.get(uuid);
    held[name] = {
      parent: names.get(parent ?? '') ?? null,
      traits: traits.toSorted(),
      aggregates: aggregates.toSorted(),
      inventories: amountsOf(inventories),
    };
  }
  return held;
}

/**
 * What `heldTree` must be after a sync that met nothing foreign; `before` is what it was, which tells of the aggregates
 * of providers that name none.
 */
export function expectedTree(
  tree: DesiredTree,
  root: Root,
  before: Readonly<Record<string, HeldProvider>> = {},
): Record<string, HeldProvider> {
  const names = new Map(tree.providers.map(({ uuid, name }) => [uuid, name]));
  return Object.fromEntries(
    tree.providers.map(({ name, parentUuid, traits, aggregates, inventories }) => [
      name,
      {
        parent: names.get(parentUuid ?? '') ?? root.name,
        traits: [...new Set(traits)].toSorted(),
        aggregates: [...(aggregates ?? before[name]?.aggregates ?? [])].toSorted(),
        inventories: amountsOf(inventories),
      },
    ]),
  );
}

function amountsOf(inventories: Readonly<Record<string, Pick<Inventory, 'total'> & Partial<Inventory>>>) {
  return Object.fromEntries(
    Object.entries(inventories).map(([name, { total, reserved = 0 }]) => [name, [total, reserved] as const]),
  );
}

/** Somebody who holds something of a provider; what comes back lets go of it, leaving no trace in the generation. */
export async function aConsumer(
  { placement, session }: Pick<PlacementBench, 'placement' | 'session'>,
  provider: string,
  resources: Record<string, number> = { PGPU: 1 },
) {
  const consumer = aUuid();
  await placement.allocations.replace(consumer, {
    allocations: { [provider]: { resources } },
    consumer_generation: null,
    project_id: 'p',
    user_id: 'u',
    consumer_type: 'INSTANCE',
  });
  const path = `/allocations/${consumer}`;
  const headers = { 'openstack-api-version': 'placement 1.39' };
  return () => session.request({ service: 'placement', method: 'DELETE', path, headers });
}

/** Adds a trait as somebody else would, moving the generation. */
export async function addTrait(placement: Placement, uuid: string, name: string): Promise<void> {
  await placement.traits.ensure(name);
  const { traits, ...rest } = await placement.providerTraits.get(uuid);
  await placement.providerTraits.replace(uuid, { ...rest, traits: [...traits, name] });
}
