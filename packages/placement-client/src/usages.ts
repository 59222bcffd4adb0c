import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** How much of each class of a provider is allocated; classes without inventory are left out. */
export const ProviderUsages = z.object({
  resource_provider_generation: z.int(),
  usages: z.record(z.string(), z.int()),
});
export type ProviderUsages = z.output<typeof ProviderUsages>;

/** How much a project uses: by consumer type, then by class; `consumer_count` stands among the classes. */
export const ProjectUsages = z.object({
  usages: z.record(z.string(), z.record(z.string(), z.int())),
});
export type ProjectUsages = z.output<typeof ProjectUsages>;

/** Whose usage to count. */
export interface ProjectUsageFilter {
  readonly project_id: string;
  readonly user_id?: string;
  readonly consumer_type?: string;
}

/** `/resource_providers/{uuid}/usages` and `/usages` */
export interface Usages {
  /** @throws PlacementError `placement.not_found` */
  ofProvider(provider: string, options?: CallOptions): Promise<ProviderUsages>;
  /** What all consumers of a project use, or those of one user in it. Needs 1.38. */
  ofProject(filter: ProjectUsageFilter, options?: CallOptions): Promise<ProjectUsages>;
}

/** The usages behind a call. */
export function createUsages(call: PlacementCall): Usages {
  return {
    async ofProvider(provider, options) {
      const path = `/resource_providers/${encodeURIComponent(provider)}/usages`;
      return (await call({ method: 'GET', path, answer: ProviderUsages }, options)).body;
    },
    async ofProject(filter, options) {
      const request = {
        method: 'GET',
        path: '/usages',
        query: { ...filter },
        answer: ProjectUsages,
        needs: { version: '1.38', what: 'usages by consumer type' },
      } as const;
      return (await call(request, options)).body;
    },
  };
}
