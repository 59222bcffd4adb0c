import { type Inventories, type Inventory, isSameInventory } from '../inventory.ts';
import { PlacementError } from '../placement-error.ts';
import { checkTree } from './check-tree.ts';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';
import { changeOf, type MergeRules, type ProviderChange, targetOf } from './plan-provider.ts';
import { planTree } from './plan-tree.ts';
import type { ProviderTree } from './provider-tree.ts';
import type { KnownView } from './provider-view.ts';

/** One thing to be done to a provider. */
export type PlanStep =
  | (Subject & { readonly kind: 'create'; readonly parentUuid: string | null })
  | (Subject & { readonly kind: 'place'; readonly from: Place; readonly to: Place })
  | (Subject & {
      /** Aggregates are uuids. */
      readonly kind: 'traits' | 'aggregates';
      readonly added: readonly string[];
      readonly removed: readonly string[];
    })
  | (Subject & {
      readonly kind: 'inventories';
      readonly added: Inventories;
      readonly removed: Inventories;
      readonly changed: Readonly<Record<string, { readonly from: Inventory; readonly to: Inventory }>>;
    })
  | (Subject & { readonly kind: 'delete' })
  /** Its parent is neither there nor desired. */
  | (Subject & { readonly kind: 'impossible' });

interface Subject {
  readonly uuid: string;
  readonly name: string;
}

/** What a provider is called and below what it hangs. */
export interface Place {
  readonly name: string;
  readonly parentUuid: string | null;
}

/** What it takes to bring a tree to where it should be: to be printed, and to be applied. */
export interface ProviderTreePlan {
  readonly actual: ProviderTree;
  readonly desired: DesiredTree;
  /** In the order in which they are done, as far as it matters. None when the tree is as it should be. */
  readonly steps: readonly PlanStep[];
}

/**
 * Plans without asking anybody: a pure function of what is and what should be. Of a provider whose wish names
 * aggregates they must have been read.
 *
 * @throws PlacementError `placement.invalid_tree`
 */
export function diffTree(actual: ProviderTree, desired: DesiredTree): ProviderTreePlan {
  checkTree(desired);
  const rules: MergeRules = {
    rootUuid: actual.rootUuid,
    ownedTrait: desired.ownedTrait,
    ownedAggregate: desired.ownedAggregate,
    isUnknownTrait: () => false,
  };
  const views = viewsOf(actual);
  const root = rootToMake(actual, desired);
  if (root !== undefined) views.set(root.uuid, { ...root, generation: 0, contents: nothing });
  const plan = planTree(desired, views, rules);
  for (const { name } of plan.unread) throw unread(name);
  const created = plan.waves.flat().flatMap((provider) => stepsToMake(provider, rules));
  const changes = plan.changes.flatMap(({ desired: { uuid }, change }) => stepsOf(views.get(uuid), change));
  const depth = ({ uuid }: Subject) => actual.depthOf(uuid);
  const deletions = plan.deletions.toSorted((left, right) => depth(right) - depth(left));
  const steps: PlanStep[] = [
    ...(root === undefined ? [] : [{ kind: 'create' as const, ...root }]),
    ...created,
    ...changes,
    ...deletions.map(({ uuid, name }) => ({ kind: 'delete' as const, uuid, name })),
    ...plan.orphans.map(({ uuid, name }) => ({ kind: 'impossible' as const, uuid, name })),
  ];
  return Object.freeze({ actual, desired, steps: Object.freeze(steps) });
}

const nothing = { inventories: {}, traits: [], aggregates: [] };

function unread(name: string): PlacementError {
  return new PlacementError(
    'placement.invalid_tree',
    `provider "${name}": it names aggregates, and those that it has were not read; read the tree with aggregatesOf`,
  );
}

/** What is known of a tree that was read. */
export function viewsOf(tree: ProviderTree): Map<string, KnownView> {
  return new Map(
    tree.providers.map(({ uuid, name, parentUuid, generation, inventories, traits, aggregates }) => [
      uuid,
      {
        uuid,
        name,
        parentUuid,
        generation,
        contents: { inventories, traits, ...(aggregates && { aggregates }) },
      },
    ]),
  );
}

function rootToMake({ providers, rootUuid }: ProviderTree, { root, createRoot }: DesiredTree) {
  if (providers.length > 0 || createRoot !== true || root.name === undefined) return undefined;
  return { uuid: rootUuid, name: root.name, parentUuid: null };
}

function stepsToMake(desired: DesiredProvider, rules: MergeRules): PlanStep[] {
  const { uuid, name } = desired;
  const parentUuid = desired.parentUuid ?? rules.rootUuid;
  const empty: KnownView = { uuid, name, parentUuid, generation: 0, contents: nothing };
  const change = changeOf(empty, targetOf(desired, empty, rules));
  return [{ kind: 'create', uuid, name, parentUuid }, ...stepsOf(empty, change)];
}

function stepsOf(view: KnownView | undefined, change: ProviderChange): PlanStep[] {
  if (view === undefined) return [];
  const { place, traits, aggregates, inventories } = change;
  const { uuid, parentUuid, contents } = view;
  const subject = { uuid, name: place?.name ?? view.name };
  const from = { name: view.name, parentUuid };
  return [
    ...(place ? [{ kind: 'place' as const, ...subject, from, to: place }] : []),
    ...(traits ? [{ kind: 'traits' as const, ...subject, ...setDifference(contents.traits, traits) }] : []),
    ...(aggregates
      ? [
          {
            kind: 'aggregates' as const,
            ...subject,
            ...setDifference(contents.aggregates ?? [], aggregates),
          },
        ]
      : []),
    ...(inventories
      ? [
          {
            kind: 'inventories' as const,
            ...subject,
            ...inventoryDifference(contents.inventories, inventories),
          },
        ]
      : []),
  ];
}

function setDifference(from: readonly string[], to: readonly string[]) {
  const [before, after] = [new Set(from), new Set(to)];
  return {
    added: to.filter((name) => !before.has(name)),
    removed: from.filter((name) => !after.has(name)),
  };
}

function inventoryDifference(from: Inventories, to: Inventories) {
  const changed: Record<string, { from: Inventory; to: Inventory }> = {};
  for (const [name, inventory] of Object.entries(to)) {
    const before = from[name];
    if (before !== undefined && !isSameInventory(before, inventory))
      changed[name] = { from: before, to: inventory };
  }
  return { added: without(to, from), removed: without(from, to), changed };
}

function without(inventories: Inventories, others: Inventories): Inventories {
  return Object.fromEntries(Object.entries(inventories).filter(([name]) => others[name] === undefined));
}
