import { type CandidateRequest, candidateRequest, type RequestGroup } from './candidate-groups.ts';
import { type PlacementState, type ProviderRow, rootOf, usageOf } from './placement-state.ts';
import { isMember } from './resource-provider-routes.ts';
import type { RoutedRequest, RouteTable } from './route.ts';
import { hasCapacity, traitFilter } from './trait-filter.ts';

/** `/allocation_candidates`, save providers that share with others by `MISC_SHARES_VIA_AGGREGATE`. */
export const candidateRoutes: RouteTable = { '/allocation_candidates': { GET: list } };

/** Who serves a group: one provider for one with a suffix, one for each class for the one without. */
interface Choice {
  readonly group: RequestGroup;
  /** Amounts by class, by provider; without amounts for a group without resources. */
  readonly parts: readonly (readonly [provider: ProviderRow, amounts: Readonly<Record<string, number>>])[];
}

function list({ state, query }: RoutedRequest) {
  const request = candidateRequest(state, query);
  const trees = Map.groupBy(state.providers.values(), (provider) => rootOf(state, provider));
  const found = [...trees.values()].flatMap((tree) => candidatesIn(state, tree, request));
  const kept = found.slice(0, request.limit);
  const roots = new Set(
    kept.flatMap((choices) => choices.flatMap(({ parts }) => parts.map(([one]) => rootOf(state, one)))),
  );
  const summaries = [...roots]
    .flatMap((root) => trees.get(root) ?? [])
    .map((provider) => [provider.uuid, summary(state, provider)]);
  return {
    status: 200,
    body: { allocation_requests: kept.map(shown), provider_summaries: Object.fromEntries(summaries) },
  };
}

/** All ways to serve a request within one tree. */
function candidatesIn(
  state: PlacementState,
  tree: readonly ProviderRow[],
  request: CandidateRequest,
): Choice[][] {
  const root = tree.find(({ parent }) => parent === null);
  if (root === undefined || !traitFilter(request.rootRequired)(root)) return [];
  const choices = request.groups.map((group) => choicesOf(state, tree, group));
  return product(choices).filter(
    (candidate) =>
      (!request.isIsolated || isIsolated(candidate)) &&
      request.sameSubtree.every((suffixes) => isSubtree(state, candidate, suffixes)) &&
      [...amountsByProvider(candidate)].every(([provider, amounts]) => hasCapacity(state, provider, amounts)),
  );
}

function choicesOf(state: PlacementState, tree: readonly ProviderRow[], group: RequestGroup): Choice[] {
  const { amounts, required, memberOf, inTree, suffix } = group;
  if (inTree !== null && !tree.some(({ uuid }) => uuid === inTree)) return [];
  const members = tree.filter((provider) => isMember(provider, memberOf));
  if (suffix !== '')
    return members
      .filter((provider) => traitFilter(required)(provider) && hasCapacity(state, provider, amounts))
      .map((provider) => ({ group, parts: [[provider, amounts]] }));
  const byClass = Object.entries(amounts).map(([name, amount]) => {
    const part = { [name]: amount };
    return members
      .filter((provider) => hasCapacity(state, provider, part))
      .map((provider): Choice['parts'][number] => [provider, part]);
  });
  return product(byClass)
    .filter((parts) => traitFilter(required)(together(parts.map(([provider]) => provider))))
    .map((parts) => ({ group, parts }));
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

function amountsByProvider(candidate: readonly Choice[]): Map<ProviderRow, Record<string, number>> {
  const sums = new Map<ProviderRow, Record<string, number>>();
  for (const [provider, amounts] of candidate.flatMap(({ parts }) => parts)) {
    const sum = sums.get(provider) ?? {};
    for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
    sums.set(provider, sum);
  }
  return sums;
}

function shown(candidate: readonly Choice[]) {
  const allocations = [...amountsByProvider(candidate)]
    .filter(([, amounts]) => Object.keys(amounts).length > 0)
    .map(([{ uuid }, resources]) => [uuid, { resources }]);
  const mappings = candidate.map(({ group, parts }) => [
    group.suffix,
    [...new Set(parts.map(([{ uuid }]) => uuid))],
  ]);
  return { allocations: Object.fromEntries(allocations), mappings: Object.fromEntries(mappings) };
}

function summary(state: PlacementState, provider: ProviderRow) {
  const usage = usageOf(state, provider.uuid);
  const resources = Object.entries(provider.inventories).map(([name, inventory]) => {
    const capacity = Math.trunc((inventory.total - inventory.reserved) * inventory.allocation_ratio);
    return [name, { capacity, used: usage[name] ?? 0 }];
  });
  return {
    resources: Object.fromEntries(resources),
    traits: provider.traits,
    parent_provider_uuid: provider.parent,
    root_provider_uuid: rootOf(state, provider),
  };
}
