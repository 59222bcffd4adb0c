import {
  capacityOf,
  closedInventory,
  fullInventory,
  type Inventories,
  isSameInventory,
} from '../inventory.ts';
import { mapValues } from '../map-values.ts';
import type { DesiredProvider } from './desired-tree.ts';
import type { KnownView } from './provider-view.ts';

/** All that a provider shall be: what is desired, merged with what is there and not ours. */
export interface ProviderTarget {
  readonly name: string;
  readonly parentUuid: string | null;
  readonly traits: readonly string[];
  /** Undefined when they stay as they are. */
  readonly aggregates: readonly string[] | undefined;
  readonly inventories: Inventories;
}

/** What differs; a member that is missing does not. */
export interface ProviderChange {
  readonly place?: Pick<ProviderTarget, 'name' | 'parentUuid'>;
  readonly traits?: readonly string[];
  readonly aggregates?: readonly string[];
  readonly inventories?: Inventories;
}

/** What decides on a merge besides the two sides. */
export interface MergeRules {
  readonly rootUuid: string;
  readonly ownedTrait: (name: string) => boolean;
  /** Default: all are owned. */
  readonly ownedAggregate?: ((uuid: string) => boolean) | undefined;
  /** Whether this Placement cannot have the trait. */
  readonly isUnknownTrait: (name: string) => boolean;
}

/** What a provider shall be: desired traits and aggregates beside foreign ones, exactly the desired inventory. */
export function targetOf(desired: DesiredProvider, view: KnownView, rules: MergeRules): ProviderTarget {
  const foreign = view.contents.traits.filter((name) => !rules.ownedTrait(name));
  const wanted = desired.traits.filter((name) => !rules.isUnknownTrait(name));
  return {
    name: desired.name,
    parentUuid: desired.parentUuid ?? rules.rootUuid,
    traits: [...new Set([...foreign, ...wanted])].sort(),
    aggregates: aggregatesOf(desired, view, rules),
    inventories: mapValues(desired.inventories, fullInventory),
  };
}

function aggregatesOf(
  { aggregates }: DesiredProvider,
  { contents }: KnownView,
  { ownedAggregate = () => true }: MergeRules,
): string[] | undefined {
  if (aggregates === undefined) return undefined;
  const foreign = (contents.aggregates ?? []).filter((uuid) => !ownedAggregate(uuid));
  return [...new Set([...foreign, ...aggregates])].sort();
}

/** What a provider shall be that should be gone and cannot: as it is, but closed for new consumers. */
export function closedTargetOf({ name, parentUuid, contents }: KnownView): ProviderTarget {
  return {
    name,
    parentUuid,
    traits: contents.traits,
    aggregates: undefined,
    inventories: mapValues(contents.inventories, closedInventory),
  };
}

/** The same target, save that classes of which something is allocated stay, closed. */
export function keepingClasses(
  target: ProviderTarget,
  view: KnownView,
  classes: ReadonlySet<string>,
): ProviderTarget {
  const kept = Object.entries(view.contents.inventories).filter(([name]) => classes.has(name));
  const closed = mapValues(Object.fromEntries(kept), closedInventory);
  return { ...target, inventories: { ...closed, ...target.inventories } };
}

/** What must be written to bring a provider to its target. */
export function changeOf(view: KnownView, target: ProviderTarget): ProviderChange {
  const { name, parentUuid, traits, aggregates, inventories } = target;
  const isPlaced = view.name === name && view.parentUuid === parentUuid;
  return {
    ...(!isPlaced && { place: { name, parentUuid } }),
    ...(!isSameSet(view.contents.traits, traits) && { traits }),
    ...(aggregates && !isSameSet(view.contents.aggregates ?? [], aggregates) && { aggregates }),
    ...(!isSameInventories(view.contents.inventories, inventories) && { inventories }),
  };
}

/** What is known of a provider after a change was written to it. */
export function changed(view: KnownView, change: ProviderChange): KnownView {
  const { place, ...contents } = change;
  return { ...view, ...place, contents: { ...view.contents, ...contents } };
}

/** The classes that a provider has and shall not have. */
export function surplusClasses(view: KnownView, target: Pick<ProviderTarget, 'inventories'>): string[] {
  return Object.keys(view.contents.inventories).filter((name) => target.inventories[name] === undefined);
}

/** Whether a target gives out no more of any class than the provider does now. */
export function opensNothing(view: KnownView, target: Pick<ProviderTarget, 'inventories'>): boolean {
  return Object.entries(target.inventories).every(([name, inventory]) => {
    const now = view.contents.inventories[name];
    return capacityOf(inventory) <= (now === undefined ? 0 : capacityOf(now));
  });
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const set = new Set(left);
  return set.size === new Set(right).size && right.every((name) => set.has(name));
}

function isSameInventories(left: Inventories, right: Inventories): boolean {
  if (!isSameSet(Object.keys(left), Object.keys(right))) return false;
  return Object.entries(left).every(([name, inventory]) => {
    const other = right[name];
    return other !== undefined && isSameInventory(inventory, other);
  });
}
