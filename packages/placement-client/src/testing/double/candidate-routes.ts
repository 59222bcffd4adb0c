import { type PlacementState, type ProviderRow, rootOf, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import type { RoutedRequest, RouteTable } from './route.ts';
import { amountsIn, hasCapacity, requiredFilters, requireTraits, traitFilter } from './trait-filter.ts';

const parameters = new Set(['resources', 'required', 'in_tree', 'limit']);

/**
 * `/allocation_candidates`, as far as the double goes: one group without suffix that a single provider can satisfy,
 * with `required`, `in_tree` and `limit`.
 */
export const candidateRoutes: RouteTable = { '/allocation_candidates': { GET: list } };

function list({ state, query }: RoutedRequest) {
  const amounts = amountsOf(state, query);
  const required = requiredFilters(query);
  requireTraits(state, required);
  const tree = state.providers.get(query.get('in_tree') ?? '');
  const found = [...state.providers.values()]
    .filter((provider) => !query.has('in_tree') || (tree && rootOf(state, provider) === rootOf(state, tree)))
    .filter((provider) => traitFilter(required)(provider) && hasCapacity(state, provider, amounts))
    .slice(0, Number(query.get('limit') ?? Number.POSITIVE_INFINITY));
  const requests = found.map(({ uuid }) => ({
    allocations: { [uuid]: { resources: amounts } },
    mappings: { '': [uuid] },
  }));
  const roots = new Set(found.map((provider) => rootOf(state, provider)));
  const inTrees = [...state.providers.values()].filter((provider) => roots.has(rootOf(state, provider)));
  const summaries = inTrees.map((provider) => [provider.uuid, summary(state, provider)]);
  return {
    status: 200,
    body: { allocation_requests: requests, provider_summaries: Object.fromEntries(summaries) },
  };
}

function amountsOf(state: PlacementState, query: URLSearchParams): Record<string, number> {
  for (const key of query.keys())
    if (!parameters.has(key))
      throw new Refusal(400, `the double of Placement does not know the parameter ${key}`);
  const resources = query.get('resources');
  if (resources === null)
    throw new Refusal(400, 'There must be at least one resources or resources[$S] parameter.', {
      code: 'placement.query.missing_value',
    });
  return amountsIn(state, resources);
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
