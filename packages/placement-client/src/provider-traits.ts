import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** The traits of a provider, and the generation that they belong to. */
export const ProviderTraits = z.object({
  resource_provider_generation: z.int(),
  traits: z.array(z.string()),
});
export type ProviderTraits = z.output<typeof ProviderTraits>;

/** `/resource_providers/{uuid}/traits` */
export interface ProviderTraitCalls {
  /** @throws PlacementError `placement.not_found` */
  get(provider: string, options?: CallOptions): Promise<ProviderTraits>;
  /**
   * Replaces all traits; the generation rises only when the set differs.
   *
   * @throws PlacementError `placement.concurrent_update`, `placement.unknown_trait` with `details.names`,
   * `placement.not_found`
   */
  replace(provider: string, input: ProviderTraitsInput, options?: CallOptions): Promise<ProviderTraits>;
}

/** All traits of a provider as they shall be. */
export interface ProviderTraitsInput {
  readonly resource_provider_generation: number;
  readonly traits: readonly string[];
}

/** The traits of providers behind a call. */
export function createProviderTraits(call: PlacementCall): ProviderTraitCalls {
  return {
    async get(provider, options) {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderTraits } as const;
      return (await call(request, options)).body;
    },
    async replace(provider, body, options) {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderTraits } as const;
      return (await call(request, options)).body;
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/traits`;
}
