import type { DesiredProvider, DesiredTree } from './desired-tree.ts';
import { changeOf, type MergeRules, type ProviderChange, targetOf } from './plan-provider.ts';
import { isKnown, type ProviderView } from './provider-view.ts';

/** What it takes to bring Placement from what is known of it to a desired tree. */
export interface TreePlan {
  /** Providers to make, in waves: the parents of one wave are in an earlier one or exist. */
  readonly waves: readonly (readonly DesiredProvider[])[];
  /** Providers that must be read before it can be said what differs. */
  readonly unread: readonly DesiredProvider[];
  /** Providers of which something differs. */
  readonly changes: readonly { readonly desired: DesiredProvider; readonly change: ProviderChange }[];
  /** Traits and classes that the writes above need, and of which nothing known says that they exist. */
  readonly names: { readonly traits: readonly string[]; readonly classes: readonly string[] };
  /** Providers to delete; children before their parents is up to whoever does it. */
  readonly deletions: readonly ProviderView[];
  /** Providers that cannot be made: their parent is neither there nor desired. */
  readonly orphans: readonly DesiredProvider[];
}

/** Plans without doing: a pure function of what is wanted and what is known. */
export function planTree(
  tree: DesiredTree,
  views: ReadonlyMap<string, ProviderView>,
  rules: MergeRules,
): TreePlan {
  const { waves, orphans } = wavesOf(tree.providers, new Set(views.keys()), rules.rootUuid);
  const existing = tree.providers.flatMap((desired) => {
    const view = views.get(desired.uuid);
    return view === undefined ? [] : [{ desired, view }];
  });
  const changes = existing.flatMap(({ desired, view }) => {
    if (!isKnown(view, desired)) return [];
    const change = changeOf(view, targetOf(desired, view, rules));
    return Object.keys(change).length > 0 ? [{ desired, change }] : [];
  });
  const unread = existing.filter(({ desired, view }) => !isKnown(view, desired));
  return {
    waves,
    orphans,
    unread: unread.map(({ desired }) => desired),
    changes,
    names: namesNeeded(tree.providers, views, rules),
    deletions: deletionsOf(tree, views, rules.rootUuid),
  };
}

function wavesOf(providers: readonly DesiredProvider[], there: Set<string>, rootUuid: string) {
  const waves: DesiredProvider[][] = [];
  let missing = providers.filter(({ uuid }) => !there.has(uuid));
  for (;;) {
    const wave = missing.filter(({ parentUuid }) => there.has(parentUuid ?? rootUuid));
    if (wave.length === 0) return { waves, orphans: missing };
    waves.push(wave);
    for (const { uuid } of wave) there.add(uuid);
    missing = missing.filter(({ uuid }) => !there.has(uuid));
  }
}

/**
 * Providers by their depth below the root. Whoever places them in this order never makes a loop on the way, however
 * the tree was turned around: all that a provider is placed below is in its place by then.
 */
export function levelsOf(providers: readonly DesiredProvider[]): DesiredProvider[][] {
  const parents = new Map(providers.map(({ uuid, parentUuid }) => [uuid, parentUuid ?? undefined]));
  const depthOf = ({ parentUuid }: DesiredProvider): number => {
    let depth = 0;
    for (let at = parentUuid; at && parents.has(at); at = parents.get(at)) depth += 1;
    return depth;
  };
  const levels = [...Map.groupBy(providers, depthOf)].toSorted(([left], [right]) => left - right);
  return levels.map(([, level]) => level);
}

/** Of a provider that is not read yet nothing is needed for now: it may have it all. */
function namesNeeded(
  providers: readonly DesiredProvider[],
  views: ReadonlyMap<string, ProviderView>,
  rules: MergeRules,
): TreePlan['names'] {
  const traits = new Set<string>();
  const classes = new Set<string>();
  for (const desired of providers) {
    const view = views.get(desired.uuid);
    if (view !== undefined && !isKnown(view)) continue;
    const has = view?.contents ?? { traits: [], inventories: {} };
    for (const name of desired.traits)
      if (!has.traits.includes(name) && !rules.isUnknownTrait(name)) traits.add(name);
    for (const name of Object.keys(desired.inventories))
      if (has.inventories[name] === undefined) classes.add(name);
  }
  return { traits: [...traits], classes: [...classes] };
}

function deletionsOf(
  tree: DesiredTree,
  views: ReadonlyMap<string, ProviderView>,
  rootUuid: string,
): ProviderView[] {
  const desired = new Set(tree.providers.map(({ uuid }) => uuid));
  return [...views.values()].filter(
    (view) =>
      view.uuid !== rootUuid && !desired.has(view.uuid) && tree.ownedProvider(listedOf(view, rootUuid)),
  );
}

function listedOf({ uuid, name, generation, parentUuid }: ProviderView, rootUuid: string) {
  return { uuid, name, generation, parent_provider_uuid: parentUuid, root_provider_uuid: rootUuid };
}
