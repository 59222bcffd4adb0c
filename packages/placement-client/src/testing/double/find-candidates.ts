import { isForbidding, isMember } from './aggregate-filter.ts';
import type { CandidateRequest, RequestGroup } from './candidate-groups.ts';
import type { CandidateTree } from './candidate-trees.ts';
import { type PlacementState, type ProviderRow, rootOf } from './placement-state.ts';
import { hasCapacity, traitFilter } from './trait-filter.ts';

/** Amounts by class, of one provider. */
type Part = readonly [provider: ProviderRow, amounts: Readonly<Record<string, number>>];

/** Who serves a group: one provider for one with a suffix, one for each class for the one without. */
export interface Choice {
  readonly group: RequestGroup;
  /** Without amounts for a group without resources. */
  readonly parts: readonly Part[];
}

/** All ways to serve a request by one tree and those who share with it. */
export function findCandidates(
  state: PlacementState,
  tree: CandidateTree,
  request: CandidateRequest,
): Choice[][] {
  if (!traitFilter(request.rootRequired)(tree.root)) return [];
  const choices = request.groups.map((group) =>
    group.suffix === '' ? spreadChoices(state, tree, group) : singleChoices(state, tree, group),
  );
  return product(choices).filter(
    (candidate) =>
      (!request.isIsolated || isIsolated(candidate)) &&
      request.sameSubtree.every((suffixes) => isSubtree(state, candidate, suffixes)) &&
      [...amountsByProvider(candidate)].every(([provider, amounts]) => hasCapacity(state, provider, amounts)),
  );
}

function singleChoices(state: PlacementState, tree: CandidateTree, group: RequestGroup): Choice[] {
  const { amounts, required, memberOf, inTree } = group;
  const hasTraits = traitFilter(required);
  return [...tree.providers, ...tree.sharing]
    .filter(
      (provider) =>
        (inTree === null || isInTree(state, provider, inTree)) &&
        isMember(provider, memberOf) &&
        hasTraits(provider) &&
        hasCapacity(state, provider, amounts),
    )
    .map((provider) => ({ group, parts: [[provider, amounts]] }));
}

function spreadChoices(state: PlacementState, tree: CandidateTree, group: RequestGroup): Choice[] {
  const { amounts, required, inTree } = group;
  if (inTree !== null && !isInTree(state, tree.root, inTree)) return [];
  const members = membersOf(tree, group);
  const byClass = Object.entries(amounts).map(([name, amount]) => {
    const part = { [name]: amount };
    return members
      .filter((provider) => hasCapacity(state, provider, part))
      .map((provider): Part => [provider, part]);
  });
  return product(byClass)
    .filter((parts) => traitFilter(required)(together(parts.map(([provider]) => provider))))
    .map((parts) => ({ group, parts }));
}

/** Who may serve a group without suffix. What the root is in, its whole tree is in; who shares speaks for itself. */
function membersOf(
  { root, providers, sharing }: CandidateTree,
  { memberOf, inTree }: RequestGroup,
): ProviderRow[] {
  const forbidden = memberOf.filter(isForbidding);
  const wanted = memberOf.filter((filter) => !isForbidding(filter));
  if (!isMember(root, forbidden)) return [];
  const own = providers.filter((provider) => isMember(provider, wanted) || isMember(root, wanted));
  const others = inTree === null ? sharing.filter((provider) => isMember(provider, wanted)) : [];
  return [...own, ...others].filter((provider) => isMember(provider, forbidden));
}

function isInTree(state: PlacementState, provider: ProviderRow, uuid: string): boolean {
  const node = state.providers.get(uuid);
  return node !== undefined && rootOf(state, node) === rootOf(state, provider);
}

/** What a spread group may count on: the traits of all who serve it. */
function together(providers: readonly ProviderRow[]): Pick<ProviderRow, 'traits'> {
  return { traits: providers.flatMap(({ traits }) => traits) };
}

/** Every way to take one of each list. */
function product<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (taken, list) => taken.flatMap((before) => list.map((next) => [...before, next])),
    [[]],
  );
}

function isIsolated(candidate: readonly Choice[]): boolean {
  const granular = candidate.filter(({ group }) => group.suffix !== '');
  return new Set(granular.map(({ parts }) => parts[0]?.[0])).size === granular.length;
}

/** Whether one of the providers of these groups is above all the others. */
function isSubtree(
  state: PlacementState,
  candidate: readonly Choice[],
  suffixes: readonly string[],
): boolean {
  const providers = candidate
    .filter(({ group }) => suffixes.includes(group.suffix))
    .flatMap(({ parts }) => parts.map(([provider]) => provider));
  return providers.some((top) => providers.every((provider) => isBelow(state, provider, top)));
}

function isBelow(state: PlacementState, provider: ProviderRow, top: ProviderRow): boolean {
  for (
    let at: ProviderRow | undefined = provider;
    at !== undefined;
    at = state.providers.get(at.parent ?? '')
  )
    if (at === top) return true;
  return false;
}

/** What a candidate takes of each provider, groups summed up. */
export function amountsByProvider(candidate: readonly Choice[]): Map<ProviderRow, Record<string, number>> {
  const sums = new Map<ProviderRow, Record<string, number>>();
  for (const [provider, amounts] of candidate.flatMap(({ parts }) => parts)) {
    const sum = sums.get(provider) ?? {};
    for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
    sums.set(provider, sum);
  }
  return sums;
}
