import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** How much of each class of a provider is allocated; classes without inventory are left out. */
export const ProviderUsages = z.object({
  resource_provider_generation: z.int(),
  usages: z.record(z.string(), z.int()),
});
export type ProviderUsages = z.output<typeof ProviderUsages>;

/** How much a project uses: by consumer type, then by class; `consumer_count` stands among the classes. Below 1.38 all types are one, `all`. */
export const ProjectUsages = z.object({
  usages: z.record(z.string(), z.union([z.int(), z.record(z.string(), z.int())])).transform((usages) => {
    const byType: Record<string, Record<string, number>> = {};
    // Below 1.38 classes stand where types do now.
    for (const [name, amount] of Object.entries(usages))
      if (typeof amount === 'number') byType.all = { ...byType.all, [name]: amount };
      else byType[name] = amount;
    return byType;
  }),
});
export type ProjectUsages = z.output<typeof ProjectUsages>;

/** Whose usage to count. */
export interface ProjectUsageFilter {
  readonly project_id: string;
  readonly user_id?: string;
  /** A type, `all` for one sum of all, `unknown`. Needs 1.38. */
  readonly consumer_type?: string;
}

/** `/resource_providers/{uuid}/usages` and `/usages` */
export interface Usages {
  /** @throws PlacementError `placement.not_found` */
  ofProvider(provider: string, options?: CallOptions): Promise<ProviderUsages>;
  /** What all consumers of a project use, or those of one user in it. Needs 1.9. */
  ofProject(filter: ProjectUsageFilter, options?: CallOptions): Promise<ProjectUsages>;
}

const byProject = { version: '1.9', what: 'usages of a project' } as const;
const byType = { version: '1.38', what: 'usages by consumer type' } as const;

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
        needs: filter.consumer_type === undefined ? byProject : byType,
      } as const;
      return (await call(request, options)).body;
    },
  };
}
