import { aggregateFilters } from './aggregate-filter.ts';
import { Refusal } from './refusal.ts';
import { type RoutedRequest, requireParameters } from './route.ts';
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
/** The minor versions that parameters of groups came with, for the group without suffix. */
const groupSince: Readonly<Record<string, number>> = {
  resources: 10,
  required: 17,
  member_of: 21,
  in_tree: 31,
};
const otherSince = { limit: 16, group_policy: 25, root_required: 35, same_subtree: 36 };
/** Groups with numbers for suffixes came with this one, other suffixes with the next. */
const [numbersSince, suffixesSince] = [25, 33];

/** @throws Refusal 400 for what Placement refuses */
export function candidateRequest(request: RoutedRequest): CandidateRequest {
  const { state, query } = request;
  requireParameters(request, { ...otherSince, ...parametersSince(query) });
  requireValues(request);
  const groups = suffixesOf(query).map((suffix) => groupOf(request, suffix));
  const sameSubtree = query.getAll('same_subtree').map((suffixes) => suffixes.split(','));
  const rootRequired = requiredFilters(request, 'root_required');
  requireTraits(state, rootRequired);
  refuseNonsense(request, groups, sameSubtree);
  return {
    groups,
    isIsolated: query.get('group_policy') === 'isolate',
    sameSubtree,
    rootRequired,
    limit: Number(query.get('limit') ?? Number.POSITIVE_INFINITY),
  };
}

/** The minor version that each parameter of a group in a query came with. */
function parametersSince(query: URLSearchParams): Record<string, number> {
  const sinceByName: Record<string, number> = {};
  for (const key of query.keys()) {
    const [, parameter = '', suffix = ''] = groupParameter.exec(key) ?? [];
    const since = groupSince[parameter];
    if (since === undefined) continue;
    const suffixSince = suffix === '' ? 0 : /^[1-9]\d*$/.test(suffix) ? numbersSince : suffixesSince;
    sinceByName[key] = Math.max(since, suffixSince);
  }
  return sinceByName;
}

function requireValues({ query, minor }: RoutedRequest): void {
  const refused = 'Invalid query string parameters:';
  const limit = query.get('limit');
  const policy = query.get('group_policy');
  if (limit !== null && !/^[1-9]\d*$/.test(limit))
    throw new Refusal(400, `${refused} '${limit}' does not match '^[1-9][0-9]*$'`);
  if (policy !== null && policy !== 'none' && policy !== 'isolate')
    throw new Refusal(400, `${refused} '${policy}' is not one of ['none', 'isolate']`);
  if (minor < numbersSince && !query.has('resources'))
    throw new Refusal(400, `${refused} 'resources' is a required property`);
}

function suffixesOf(query: URLSearchParams): string[] {
  const matches = [...query.keys()].map((key) => groupParameter.exec(key));
  return [...new Set(matches.flatMap((match) => (match === null ? [] : [match[2] ?? ''])))];
}

function groupOf(request: RoutedRequest, suffix: string): RequestGroup {
  const { state, query } = request;
  const required = requiredFilters(request, `required${suffix}`);
  requireTraits(state, required);
  return {
    suffix,
    amounts: amountsIn(state, query.get(`resources${suffix}`) ?? undefined),
    required,
    memberOf: aggregateFilters(request, `member_of${suffix}`),
    inTree: query.get(`in_tree${suffix}`),
  };
}

function refuseNonsense(
  { query, minor }: RoutedRequest,
  groups: readonly RequestGroup[],
  sameSubtree: readonly (readonly string[])[],
): void {
  const known = new Set(groups.map(({ suffix }) => suffix));
  const together = new Set(sameSubtree.flat());
  const bad = (detail: string, code = 'placement.query.bad_value') => {
    throw new Refusal(400, detail, { code });
  };
  const isOrphaned = ({ amounts }: RequestGroup) => Object.keys(amounts).length === 0;
  // Groups without resources came with same_subtree.
  if (minor < otherSince.same_subtree && groups.some(isOrphaned))
    throw new Refusal(400, 'All request groups must specify resources.');
  if (groups.every(isOrphaned))
    bad('There must be at least one resources or resources[$S] parameter.', 'placement.query.missing_value');
  if (groups.filter(({ suffix }) => suffix !== '').length > 1 && !query.has('group_policy'))
    bad('The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.');
  if (query.getAll('root_required').length > 1)
    bad('Query parameter "root_required" may be specified only once.', 'placement.query.duplicate_key');
  for (const suffix of together)
    if (!known.has(suffix)) bad(`Real suffixes should be specified in same_subtree: ${suffix} not found.`);
  for (const group of groups)
    if (isOrphaned(group) && !together.has(group.suffix))
      bad(`All resourceless request groups must be specified in same_subtree: ${group.suffix} is not.`);
}
