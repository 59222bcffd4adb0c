import type { Query } from '@cyborgjs/openstack-session';
import { type NeededVersion, newestNeeded } from './microversion.ts';
import { PlacementError } from './placement-error.ts';

/** What one group of a request for candidates wants. */
export interface CandidateGroup {
  /** Amounts by resource class. May be left out for a suffixed group that `sameSubtree` names. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Traits that it must have, all of them. */
  readonly required?: readonly string[];
  /** Of each list at least one. Needs 1.39. */
  readonly requiredAny?: readonly (readonly string[])[];
  /** Traits that it must not have. Needs 1.22. */
  readonly forbidden?: readonly string[];
  /** Aggregates: of each list at least one. Several lists need 1.24. */
  readonly memberOf?: readonly (readonly string[])[];
  /** Aggregates that it must not be in. Needs 1.32. */
  readonly notMemberOf?: readonly string[];
  /** Any provider of the tree in which it must be. Needs 1.31. */
  readonly inTree?: string;
}

/** A request for candidates. At least one group must want resources. */
export interface CandidatesRequest {
  /** The group without suffix: it may be spread over the providers of a tree and those that share with it. */
  readonly spread?: CandidateGroup;
  /**
   * Groups that are each satisfied by one provider, by suffix: `1`, `2` … from 1.25; other suffixes from 1.33, best
   * begun with `_`, which `sameSubtree` insists on.
   */
  readonly groups?: Readonly<Record<string, CandidateGroup>>;
  /** Whether two groups may be satisfied by one provider; needed for more than one group with a suffix. */
  readonly groupPolicy?: 'none' | 'isolate';
  /** Suffixes of groups one of whose providers is an ancestor of all others. Needs 1.36. */
  readonly sameSubtree?: readonly (readonly string[])[];
  /** What the root of the tree must and must not have. Needs 1.35. */
  readonly rootRequired?: Pick<CandidateGroup, 'required' | 'forbidden'>;
  /** At most so many allocation requests. */
  readonly limit?: number;
}

/** A query that Placement takes, if it speaks the version needed. */
export interface CandidatesQuery {
  readonly query: Query;
  readonly needs: NeededVersion;
}

const namePattern = /^[A-Z0-9_]{1,255}$/;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The query for a request, in Placement's own parameters.
 *
 * @throws PlacementError `placement.invalid_query` for one that Placement would refuse or misunderstand
 */
export function candidatesQuery(request: CandidatesRequest): CandidatesQuery {
  const { spread, groups = {}, groupPolicy, sameSubtree = [], rootRequired, limit } = request;
  checkRequest(request);
  const suffixed = Object.entries(groups);
  const all: [string, CandidateGroup][] = [
    ...(spread ? [['', spread] as [string, CandidateGroup]] : []),
    ...suffixed,
  ];
  const query: Record<string, string | number | readonly string[] | undefined> = {};
  for (const [suffix, group] of all) Object.assign(query, groupQuery(suffix, group));
  if (suffixed.length > 1) query.group_policy = groupPolicy;
  if (sameSubtree.length > 0) query.same_subtree = sameSubtree.map((suffixes) => suffixes.join(','));
  if (rootRequired !== undefined) query.root_required = traitsText(rootRequired);
  if (limit !== undefined) query.limit = limit;
  return {
    query,
    needs: newestNeeded([
      ...all.flatMap(([suffix, group]) => needsOf(suffix, group)),
      ...needsOfAll(request),
    ]),
  };
}

function groupQuery(suffix: string, group: CandidateGroup): Query {
  const { resources = {}, requiredAny = [], memberOf = [], notMemberOf = [], inTree } = group;
  const amounts = Object.entries(resources).map(([name, amount]) => `${name}:${amount}`);
  const traits = traitsText(group);
  const required = [
    ...(traits === '' ? [] : [traits]),
    ...requiredAny.map((names) => `in:${names.join(',')}`),
  ];
  const members = [
    ...memberOf.map(listText),
    ...(notMemberOf.length > 0 ? [`!${listText(notMemberOf)}`] : []),
  ];
  return {
    ...(amounts.length > 0 && { [`resources${suffix}`]: amounts.join(',') }),
    ...(required.length > 0 && { [`required${suffix}`]: required }),
    ...(members.length > 0 && { [`member_of${suffix}`]: members }),
    ...(inTree !== undefined && { [`in_tree${suffix}`]: inTree }),
  };
}

function traitsText({
  required = [],
  forbidden = [],
}: Pick<CandidateGroup, 'required' | 'forbidden'>): string {
  return [...required, ...forbidden.map((name) => `!${name}`)].join(',');
}

function listText(uuids: readonly string[]): string {
  return uuids.length === 1 ? (uuids[0] ?? '') : `in:${uuids.join(',')}`;
}

function needsOf(suffix: string, group: CandidateGroup): NeededVersion[] {
  const { required, requiredAny, forbidden, memberOf, notMemberOf, inTree } = group;
  const needs: (NeededVersion | false)[] = [
    hasAny(required) && { version: '1.17', what: 'candidates by trait' },
    hasAny(memberOf) && { version: '1.21', what: 'candidates by aggregate' },
    hasAny(forbidden) && { version: '1.22', what: 'candidates without a trait' },
    (memberOf?.length ?? 0) > 1 && { version: '1.24', what: 'candidates in several aggregates at once' },
    suffix !== '' && { version: '1.25', what: 'candidates for groups' },
    inTree !== undefined && { version: '1.31', what: 'candidates in one tree' },
    hasAny(notMemberOf) && { version: '1.32', what: 'candidates outside of an aggregate' },
    !/^([1-9]\d*)?$/.test(suffix) && { version: '1.33', what: 'groups with other suffixes than numbers' },
    hasAny(requiredAny) && { version: '1.39', what: 'candidates with any of several traits' },
  ];
  return needs.filter((need) => need !== false);
}

function needsOfAll({ limit, rootRequired, sameSubtree }: CandidatesRequest): NeededVersion[] {
  const needs: (NeededVersion | false)[] = [
    { version: '1.10', what: 'asking for candidates' },
    limit !== undefined && { version: '1.16', what: 'limiting the number of candidates' },
    rootRequired !== undefined && { version: '1.35', what: 'candidates by traits of the root' },
    hasAny(sameSubtree) && { version: '1.36', what: 'candidates in the same subtree' },
  ];
  return needs.filter((need) => need !== false);
}

function checkRequest({
  spread,
  groups = {},
  groupPolicy,
  sameSubtree = [],
  rootRequired,
  limit,
}: CandidatesRequest) {
  const suffixes = Object.keys(groups);
  if (![spread, ...Object.values(groups)].some((group) => wantsResources(group)))
    throw invalid('the request', 'wants no resources');
  if (suffixes.length > 1 && groupPolicy === undefined)
    throw invalid('groupPolicy', 'is needed for more than one group: "none" or "isolate"');
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) throw invalid('limit', `is ${limit}`);
  if (spread !== undefined) checkGroup('spread', spread);
  for (const [suffix, group] of Object.entries(groups)) {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(suffix))
      throw invalid(`suffix "${suffix}"`, 'has 1 to 64 of [a-zA-Z0-9_-]');
    if (suffix === '0' || /^0\d+$/.test(suffix)) throw invalid(`suffix "${suffix}"`, 'begins with 0');
    checkGroup(`group "${suffix}"`, group);
    if (!wantsResources(group) && !sameSubtree.flat().includes(suffix))
      throw invalid(
        `group "${suffix}"`,
        'wants no resources; that is possible for members of sameSubtree only',
      );
  }
  if (spread !== undefined && !wantsResources(spread)) throw invalid('spread', 'wants no resources');
  for (const subtree of sameSubtree) checkSubtree(subtree, suffixes);
  if (rootRequired !== undefined) {
    if (traitsText(rootRequired) === '') throw invalid('rootRequired', 'names no trait');
    checkTraits('rootRequired', rootRequired);
  }
}

function checkSubtree(subtree: readonly string[], suffixes: readonly string[]): void {
  if (subtree.length === 0) throw invalid('sameSubtree', 'has an empty list');
  for (const suffix of subtree) {
    if (!suffixes.includes(suffix)) throw invalid('sameSubtree', `names "${suffix}", which is no group`);
    if (!suffix.startsWith('_'))
      throw invalid('sameSubtree', `names "${suffix}"; its suffixes begin with "_"`);
  }
}

function checkGroup(place: string, group: CandidateGroup): void {
  for (const [name, amount] of Object.entries(group.resources ?? {})) {
    if (!namePattern.test(name)) throw invalid(place, `"${name}" is no resource class`);
    if (!Number.isInteger(amount) || amount < 1) throw invalid(place, `${amount} of ${name} cannot be had`);
  }
  checkTraits(place, group);
  for (const list of group.requiredAny ?? []) {
    if (list.length === 0) throw invalid(place, 'requiredAny has an empty list');
    checkTraits(place, { required: list });
  }
  const lists = [...(group.memberOf ?? []), group.notMemberOf ?? []];
  if ((group.memberOf ?? []).some((list) => list.length === 0))
    throw invalid(place, 'memberOf has an empty list');
  const uuids = [...lists.flat(), ...(group.inTree === undefined ? [] : [group.inTree])];
  for (const uuid of uuids) if (!uuidPattern.test(uuid)) throw invalid(place, `"${uuid}" is no uuid`);
}

function checkTraits(
  place: string,
  { required = [], forbidden = [] }: Pick<CandidateGroup, 'required' | 'forbidden'>,
) {
  for (const name of [...required, ...forbidden])
    if (!namePattern.test(name)) throw invalid(place, `"${name}" is no trait`);
  const both = required.find((name) => forbidden.includes(name));
  if (both !== undefined) throw invalid(place, `${both} is both required and forbidden`);
}

function wantsResources(group: CandidateGroup | undefined): boolean {
  return Object.keys(group?.resources ?? {}).length > 0;
}

function hasAny(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function invalid(place: string, what: string): PlacementError {
  return new PlacementError('placement.invalid_query', `${place}: ${what}`);
}
