import { z } from 'zod';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** The aggregates that a provider is in, and the generation that they belong to. */
export const ProviderAggregates = z.object({
  resource_provider_generation: z.int(),
  aggregates: z.array(z.string()),
});
export type ProviderAggregates = z.output<typeof ProviderAggregates>;

/** All aggregates of a provider as they shall be. */
export interface ProviderAggregatesInput {
  readonly resource_provider_generation: number;
  readonly aggregates: readonly string[];
}

/** `/resource_providers/{uuid}/aggregates` */
export interface ProviderAggregateCalls {
  /** @throws PlacementError `placement.not_found` */
  get(provider: string, options?: CallOptions): Promise<ProviderAggregates>;
  /**
   * Replaces all aggregates; the generation rises even when nothing differs.
   *
   * @throws PlacementError `placement.concurrent_update`, `placement.not_found`
   */
  replace(
    provider: string,
    input: ProviderAggregatesInput,
    options?: CallOptions,
  ): Promise<ProviderAggregates>;
}

/** The aggregates of providers behind a call. */
export function createAggregates(call: PlacementCall): ProviderAggregateCalls {
  return {
    async get(provider, options) {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderAggregates } as const;
      return (await call(request, options)).body;
    },
    async replace(provider, body, options) {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderAggregates } as const;
      return (await call(request, options)).body;
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/aggregates`;
}
