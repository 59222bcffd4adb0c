import type { PlacementState } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { amountsIn, requiredFilters, requireTraits } from './trait-filter.ts';

/** One group of a request for candidates. */
export interface RequestGroup {
  /** Empty for the one whose resources may be spread over a tree. */
  readonly suffix: string;
  readonly amounts: Readonly<Record<string, number>>;
  readonly required: readonly string[];
  readonly memberOf: readonly string[];
  readonly inTree: string | null;
}

/** A request for candidates. */
export interface CandidateRequest {
  readonly groups: readonly RequestGroup[];
  /** Whether no provider may serve two groups with a suffix. */
  readonly isIsolated: boolean;
  readonly sameSubtree: readonly (readonly string[])[];
  readonly rootRequired: readonly string[];
  readonly limit: number;
}

const groupParameter = /^(resources|required|member_of|in_tree)([1-9][0-9]*|[a-zA-Z0-9_-]{1,64})?$/;
const otherParameters = new Set(['limit', 'group_policy', 'same_subtree', 'root_required']);

/** @throws Refusal 400 for what Placement refuses */
export function candidateRequest(state: PlacementState, query: URLSearchParams): CandidateRequest {
  const groups = suffixesOf(query).map((suffix) => groupOf(state, query, suffix));
  const sameSubtree = query.getAll('same_subtree').map((suffixes) => suffixes.split(','));
  const rootRequired = requiredFilters(query, 'root_required');
  requireTraits(state, rootRequired);
  refuseNonsense(query, groups, sameSubtree);
  return {
    groups,
    isIsolated: query.get('group_policy') === 'isolate',
    sameSubtree,
    rootRequired,
    limit: Number(query.get('limit') ?? Number.POSITIVE_INFINITY),
  };
}

function suffixesOf(query: URLSearchParams): string[] {
  const suffixes = new Set<string>();
  for (const key of query.keys()) {
    if (otherParameters.has(key)) continue;
    const match = groupParameter.exec(key);
    if (match === null) throw new Refusal(400, `Invalid query string parameters: '${key}' was unexpected`);
    suffixes.add(match[2] ?? '');
  }
  return [...suffixes];
}

function groupOf(state: PlacementState, query: URLSearchParams, suffix: string): RequestGroup {
  const required = requiredFilters(query, `required${suffix}`);
  requireTraits(state, required);
  return {
    suffix,
    amounts: amountsIn(state, query.get(`resources${suffix}`) ?? undefined),
    required,
    memberOf: query.getAll(`member_of${suffix}`),
    inTree: query.get(`in_tree${suffix}`),
  };
}

function refuseNonsense(
  query: URLSearchParams,
  groups: readonly RequestGroup[],
  sameSubtree: readonly (readonly string[])[],
): void {
  const known = new Set(groups.map(({ suffix }) => suffix));
  const together = new Set(sameSubtree.flat());
  const bad = (detail: string, code = 'placement.query.bad_value') => {
    throw new Refusal(400, detail, { code });
  };
  if (!groups.some(({ amounts }) => Object.keys(amounts).length > 0))
    bad('There must be at least one resources or resources[$S] parameter.', 'placement.query.missing_value');
  if (groups.filter(({ suffix }) => suffix !== '').length > 1 && !query.has('group_policy'))
    bad('The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.');
  if (query.getAll('root_required').length > 1)
    bad('Query parameter "root_required" may be specified only once.', 'placement.query.duplicate_key');
  for (const suffix of together)
    if (!known.has(suffix)) bad(`Real suffixes should be specified in same_subtree: ${suffix} not found.`);
  for (const { suffix, amounts } of groups)
    if (Object.keys(amounts).length === 0 && !together.has(suffix))
      bad(`All resourceless request groups must be specified in same_subtree: ${suffix} is not.`);
}
