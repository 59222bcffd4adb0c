import type { Query } from '@cyborgjs/openstack-session';
import { z } from 'zod';
import { type CandidatesRequest, candidatesQuery } from './candidates-query.ts';
import type { NeededVersion } from './microversion.ts';
import type { CallOptions, PlacementCall } from './placement-call.ts';
import { mergeCandidates, splitCandidates } from './split-candidates.ts';

const ListedAllocations = z.array(
  z.object({ resource_provider: z.object({ uuid: z.string() }), resources: z.unknown() }),
);

/** Below 1.12 allocations are a list; this makes them a record. */
function byProvider(allocations: unknown): unknown {
  const listed = ListedAllocations.safeParse(allocations);
  if (!listed.success) return allocations;
  return Object.fromEntries(
    listed.data.map(({ resource_provider: { uuid }, resources }) => [uuid, { resources }]),
  );
}

/** Ways to satisfy a request for resources, and what is known of the providers in them. */
export const AllocationCandidates = z.object({
  /** Each can be written as the allocations of a consumer; `mappings` says which group got which providers. */
  allocation_requests: z.array(
    z.object({
      allocations: z.preprocess(
        byProvider,
        z.record(z.string(), z.object({ resources: z.record(z.string(), z.int()) })),
      ),
      mappings: z.record(z.string(), z.array(z.string())).default({}),
    }),
  ),
  /** Every provider of the trees in question. */
  provider_summaries: z.record(
    z.string(),
    z.object({
      resources: z.record(z.string(), z.object({ capacity: z.int(), used: z.int() })),
      /** None below 1.17. */
      traits: z.array(z.string()).default([]),
      parent_provider_uuid: z.string().nullable().default(null),
      /** Null below 1.29. */
      root_provider_uuid: z.string().nullable().default(null),
    }),
  ),
});
export type AllocationCandidates = z.output<typeof AllocationCandidates>;

/** `/allocation_candidates` */
export interface AllocationCandidateCalls {
  /**
   * Candidates for a query in Placement's own parameters: `resources`, `required`, `in_tree`, `limit`, groups with
   * suffixes, `group_policy`. Nothing that fits is an empty answer, not an error.
   *
   * @throws PlacementError `placement.query.…`, `placement.unknown_trait`, `placement.unknown_resource_class`
   */
  query(query: Query, options?: CallOptions): Promise<AllocationCandidates>;
  /**
   * Candidates for a request that is checked before it is sent. One that is too long for an address is asked for in
   * parts where that gives the same candidates.
   *
   * @throws PlacementError `placement.invalid_query`, `placement.query_too_long`,
   * `placement.microversion_unsupported`, `placement.unknown_trait`, `placement.unknown_resource_class`
   */
  find(request: CandidatesRequest, options?: CallOptions): Promise<AllocationCandidates>;
}

/** The candidates behind a call. */
export function createAllocationCandidates(call: PlacementCall): AllocationCandidateCalls {
  async function ask({ query, needs }: { query: Query; needs?: NeededVersion }, options?: CallOptions) {
    const path = '/allocation_candidates';
    const request = { method: 'GET', path, query, answer: AllocationCandidates } as const;
    return (await call({ ...request, ...(needs && { needs }) }, options)).body;
  }

  return {
    query: (query, options) => ask({ query, needs: { version: '1.10', what: 'candidates' } }, options),
    async find(request, options) {
      const answers: AllocationCandidates[] = [];
      for (const part of splitCandidates(request)) answers.push(await ask(candidatesQuery(part), options));
      return answers.length === 1 && answers[0] ? answers[0] : mergeCandidates(answers, request.limit);
    },
  };
}
