import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** The traits of a provider, and the generation that they belong to. */
export const ProviderTraits = z.object({
  resource_provider_generation: z.int(),
  traits: z.array(z.string()),
});
export type ProviderTraits = z.output<typeof ProviderTraits>;

/** `/resource_providers/{uuid}/traits` */
export function createProviderTraits(call: PlacementCall) {
  return {
    /** @throws PlacementError `placement.not_found` */
    async get(provider: string, options?: CallOptions): Promise<ProviderTraits> {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderTraits } as const;
      return (await call(request, options)).body;
    },
    /**
     * Replaces all traits; the generation rises only when the set differs.
     *
     * @throws PlacementError `placement.concurrent_update`, `placement.unknown_trait` with `details.names`,
     * `placement.not_found`
     */
    async replace(
      provider: string,
      body: { readonly resource_provider_generation: number; readonly traits: readonly string[] },
      options?: CallOptions,
    ): Promise<ProviderTraits> {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderTraits } as const;
      return (await call(request, options)).body;
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/traits`;
}
