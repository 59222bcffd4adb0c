import type { Query } from '@cyborgjs/openstack-session';
import type { AllocationCandidates } from './allocation-candidates.ts';
import { type CandidateGroup, type CandidatesRequest, candidatesQuery } from './candidates-query.ts';
import { PlacementError } from './placement-error.ts';
import { chunksOf, queryLimit } from './query-length.ts';

/**
 * Requests whose candidates together are those of one whose query would be too long. Only a list of aggregates can be
 * cut, and only of a group that a single provider satisfies: of several providers each may be in another part of it.
 *
 * @throws PlacementError `placement.query_too_long`
 */
export function splitCandidates(request: CandidatesRequest): CandidatesRequest[] {
  const length = lengthOf(candidatesQuery(request).query);
  if (length <= queryLimit) return [request];
  const longest = longestList(request);
  const room = queryLimit - (length - textLength(longest?.list ?? []));
  if (longest === undefined || room < 100)
    throw new PlacementError(
      'placement.query_too_long',
      `the query has ${length} characters, ${queryLimit} are sure to be taken; ask for less at once. Only the ` +
        'aggregates of a group that one provider satisfies can be asked for in parts.',
    );
  return chunksOf(longest.list, room).map((chunk) => longest.replacedBy(chunk));
}

/** All candidates of several answers, each once. */
export function mergeCandidates(
  answers: readonly AllocationCandidates[],
  limit = Number.POSITIVE_INFINITY,
): AllocationCandidates {
  const requests = new Map(
    answers.flatMap((answer) => answer.allocation_requests).map((request) => [canonical(request), request]),
  );
  const summaries = answers.map((answer) => answer.provider_summaries);
  return {
    allocation_requests: [...requests.values()].slice(0, limit),
    provider_summaries: Object.assign({}, ...summaries),
  };
}

interface LongList {
  readonly list: readonly string[];
  readonly replacedBy: (chunk: readonly string[]) => CandidatesRequest;
}

function longestList(request: CandidatesRequest): LongList | undefined {
  const { spread, groups = {} } = request;
  const lists: LongList[] = [];
  const note = (group: CandidateGroup, put: (group: CandidateGroup) => CandidatesRequest) => {
    for (const [at, list] of (group.memberOf ?? []).entries())
      lists.push({
        list,
        replacedBy: (chunk) => put({ ...group, memberOf: group.memberOf?.with(at, chunk) ?? [] }),
      });
  };
  if (spread !== undefined && Object.keys(spread.resources ?? {}).length === 1)
    note(spread, (group) => ({ ...request, spread: group }));
  for (const [suffix, group] of Object.entries(groups))
    note(group, (part) => ({ ...request, groups: { ...groups, [suffix]: part } }));
  return lists.toSorted((left, right) => textLength(right.list) - textLength(left.list))[0];
}

function lengthOf(query: Query): number {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const item of [value].flat()) if (item !== undefined) parameters.append(name, String(item));
  return parameters.toString().length;
}

/** In a query, where a comma takes three characters. */
function textLength(list: readonly string[]): number {
  return list.reduce((sum, name) => sum + name.length + 3, 0);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}
