import { candidateRequest } from './candidate-groups.ts';
import { candidateTrees } from './candidate-trees.ts';
import { amountsByProvider, type Choice, findCandidates } from './find-candidates.ts';
import { type PlacementState, type ProviderRow, rootOf, usageOf } from './placement-state.ts';
import { type RouteAnswer, type RoutedRequest, type RouteTable, since } from './route.ts';

/** `/allocation_candidates` */
export const candidateRoutes: RouteTable = { '/allocation_candidates': { GET: since(10, list) } };

/** A way to serve a request, as it will be shown. */
interface Candidate {
  readonly amounts: readonly (readonly [ProviderRow, Readonly<Record<string, number>>])[];
  /** Uuids of providers by suffix. */
  readonly mappings: Readonly<Record<string, readonly string[]>>;
}

/** From this minor version on several providers of a tree may serve one request. */
const treesSince = 29;

function list(request: RoutedRequest): RouteAnswer {
  const { state, minor } = request;
  const wanted = candidateRequest(request);
  const found = candidateTrees(state).flatMap((tree) => findCandidates(state, tree, wanted));
  const candidates = distinct(found.map(candidateOf)).filter(
    (candidate) => minor >= treesSince || takesOneOfEachTree(state, candidate),
  );
  const kept = candidates.slice(0, wanted.limit);
  const classes = minor < 27 ? wanted.groups.flatMap(({ amounts }) => Object.keys(amounts)) : undefined;
  const summaries = summarised(request, kept).map((provider) => [
    provider.uuid,
    summary(request, provider, classes),
  ]);
  return {
    status: 200,
    body: {
      allocation_requests: kept.map((candidate) => shown(candidate, minor)),
      provider_summaries: Object.fromEntries(summaries),
    },
  };
}

function candidateOf(choices: readonly Choice[]): Candidate {
  const mappings = choices.map(({ group, parts }) => [
    group.suffix,
    [...new Set(parts.map(([{ uuid }]) => uuid))].toSorted(),
  ]);
  const amounts = [...amountsByProvider(choices)].filter(([, part]) => Object.keys(part).length > 0);
  return { amounts, mappings: Object.fromEntries(mappings) };
}

/** A provider that shares with several trees serves a request alone in each of them, but once is enough. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byContent = new Map(
    candidates.map((candidate) => {
      const amounts = candidate.amounts.map(([{ uuid }, part]) => JSON.stringify([uuid, part])).toSorted();
      return [JSON.stringify([amounts, candidate.mappings]), candidate];
    }),
  );
  return [...byContent.values()];
}

function takesOneOfEachTree(state: PlacementState, { amounts }: Candidate): boolean {
  const roots = amounts.map(([provider]) => rootOf(state, provider));
  return new Set(roots).size === roots.length;
}

/** All providers of the trees that are taken from; below 1.29 only those that are. */
function summarised({ state, minor }: RoutedRequest, candidates: readonly Candidate[]): ProviderRow[] {
  const taken = new Set(candidates.flatMap(({ amounts }) => amounts.map(([provider]) => provider)));
  if (minor < treesSince) return [...taken];
  const roots = new Set([...taken].map((provider) => rootOf(state, provider)));
  return [...state.providers.values()].filter((provider) => roots.has(rootOf(state, provider)));
}

function shown({ amounts, mappings }: Candidate, minor: number) {
  if (minor < 12)
    return {
      allocations: amounts.map(([{ uuid }, resources]) => ({ resource_provider: { uuid }, resources })),
    };
  const allocations = Object.fromEntries(amounts.map(([{ uuid }, resources]) => [uuid, { resources }]));
  return { allocations, ...(minor >= 34 && { mappings }) };
}

/** What is known of a provider; of these classes only, if any are given. */
function summary(
  { state, minor }: RoutedRequest,
  provider: ProviderRow,
  classes: readonly string[] | undefined,
) {
  const usage = usageOf(state, provider.uuid);
  const resources = Object.entries(provider.inventories)
    .filter(([name]) => classes === undefined || classes.includes(name))
    .map(([name, inventory]) => {
      const capacity = Math.trunc((inventory.total - inventory.reserved) * inventory.allocation_ratio);
      return [name, { capacity, used: usage[name] ?? 0 }];
    });
  return {
    resources: Object.fromEntries(resources),
    ...(minor >= 17 && { traits: provider.traits }),
    ...(minor >= treesSince && {
      parent_provider_uuid: provider.parent,
      root_provider_uuid: rootOf(state, provider),
    }),
  };
}
