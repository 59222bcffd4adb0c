import type { Inventories } from '../inventory.ts';
import type { ResourceProvider } from '../resource-providers.ts';

/** One provider and what it holds, all of it true at the generation. */
export interface TreeProvider {
  readonly uuid: string;
  readonly name: string;
  /** Null at the root of the tree. */
  readonly parentUuid: string | null;
  readonly generation: number;
  readonly inventories: Inventories;
  /** Sorted. */
  readonly traits: readonly string[];
  /** Uuids, sorted; missing when they were not asked for. */
  readonly aggregates?: readonly string[];
  /** How much is allocated, by class. */
  readonly usages: Readonly<Record<string, number>>;
}

/** A tree of providers as it was at one time. It never changes. */
export interface ProviderTree {
  readonly rootUuid: string;
  /** Parents before their children, siblings by name. */
  readonly providers: readonly TreeProvider[];
  get(uuid: string): TreeProvider | undefined;
  /** By name. */
  childrenOf(uuid: string): readonly TreeProvider[];
  /** Steps from the root, which has 0. */
  depthOf(uuid: string): number;
}

/** What a provider holds besides its place. */
export type ProviderHoldings = Pick<
  TreeProvider,
  'generation' | 'inventories' | 'traits' | 'usages' | 'aggregates'
>;

/** A listed provider together with what was read of it. */
export function treeProvider(listed: ResourceProvider, holdings: ProviderHoldings): TreeProvider {
  const { uuid, name, parent_provider_uuid: parentUuid } = listed;
  const { generation, inventories, traits, usages, aggregates } = holdings;
  return deepFrozen({
    uuid,
    name,
    parentUuid,
    generation,
    inventories,
    traits: traits.toSorted(),
    usages,
    ...(aggregates && { aggregates: aggregates.toSorted() }),
  });
}

/** A tree of these providers. With none it stands for a root that is still to be made. */
export function createProviderTree(rootUuid: string, providers: Iterable<TreeProvider>): ProviderTree {
  const byUuid = new Map([...providers].map((provider) => [provider.uuid, provider]));
  const children = Map.groupBy(byUuid.values(), ({ uuid, parentUuid }) =>
    uuid === rootUuid ? null : parentUuid,
  );
  const childrenOf = (uuid: string | null) =>
    Object.freeze((children.get(uuid) ?? []).toSorted((left, right) => compareText(left.name, right.name)));
  const depths = new Map<string, number>();
  const ordered: TreeProvider[] = [];
  const visit = (provider: TreeProvider, depth: number) => {
    ordered.push(provider);
    depths.set(provider.uuid, depth);
    for (const child of childrenOf(provider.uuid)) visit(child, depth + 1);
  };
  const root = byUuid.get(rootUuid);
  if (root !== undefined) visit(root, 0);
  return Object.freeze({
    rootUuid,
    providers: Object.freeze(ordered),
    get: (uuid: string) => byUuid.get(uuid),
    childrenOf,
    depthOf: (uuid: string) => depths.get(uuid) ?? 0,
  });
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function deepFrozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFrozen(part);
  return Object.freeze(value);
}
