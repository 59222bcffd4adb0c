import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** The aggregates that a provider is in, and the generation that they belong to. */
export const ProviderAggregates = z.object({
  resource_provider_generation: z.int(),
  aggregates: z.array(z.string()),
});
export type ProviderAggregates = z.output<typeof ProviderAggregates>;

/** `/resource_providers/{uuid}/aggregates` */
export function createAggregates(call: PlacementCall) {
  return {
    /** @throws PlacementError `placement.not_found` */
    async get(provider: string, options?: CallOptions): Promise<ProviderAggregates> {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderAggregates } as const;
      return (await call(request, options)).body;
    },
    /**
     * Replaces all aggregates; the generation rises even when nothing differs.
     *
     * @throws PlacementError `placement.concurrent_update`, `placement.not_found`
     */
    async replace(
      provider: string,
      body: { readonly resource_provider_generation: number; readonly aggregates: readonly string[] },
      options?: CallOptions,
    ): Promise<ProviderAggregates> {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderAggregates } as const;
      return (await call(request, options)).body;
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/aggregates`;
}
