import { z } from 'zod';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

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
  /** Removes all traits, whatever the generation. @throws PlacementError `placement.not_found` */
  clear(provider: string, options?: CallOptions): Promise<void>;
}

/** All traits of a provider as they shall be. */
export interface ProviderTraitsInput {
  readonly resource_provider_generation: number;
  readonly traits: readonly string[];
}

const needs = { version: '1.6', what: 'traits' } as const;

/** The traits of providers behind a call. */
export function createProviderTraits(call: PlacementCall): ProviderTraitCalls {
  return {
    async get(provider, options) {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderTraits, needs } as const;
      return (await call(request, options)).body;
    },
    async replace(provider, body, options) {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderTraits, needs } as const;
      return (await call(request, options)).body;
    },
    async clear(provider, options) {
      await call({ method: 'DELETE', path: pathOf(provider), answer: noBody, needs }, options);
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/traits`;
}
