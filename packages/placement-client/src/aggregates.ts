import { z } from 'zod';
import { compareMicroversions, type Microversion } from './microversion.ts';
import type { CallOptions, PlacementCall } from './placement-call.ts';

/** The aggregates that a provider is in, and the generation that they belong to. */
export const ProviderAggregates = z.object({
  /** Null below 1.19. */
  resource_provider_generation: z.int().nullable().default(null),
  aggregates: z.array(z.string()),
});
export type ProviderAggregates = z.output<typeof ProviderAggregates>;

/** All aggregates of a provider as they shall be. */
export interface ProviderAggregatesInput {
  /** Not looked at below 1.19: the last writer wins. */
  readonly resource_provider_generation: number | null;
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

const needs = { version: '1.1', what: 'aggregates' } as const;

/** The aggregates of providers behind a call. */
export function createAggregates(call: PlacementCall): ProviderAggregateCalls {
  return {
    async get(provider, options) {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderAggregates, needs } as const;
      return (await call(request, options)).body;
    },
    async replace(provider, input, options) {
      const body = (spoken: Microversion) =>
        compareMicroversions(spoken, '1.19') < 0 ? input.aggregates : input;
      const request = {
        method: 'PUT',
        path: pathOf(provider),
        body,
        answer: ProviderAggregates,
        needs,
      } as const;
      return (await call(request, options)).body;
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/aggregates`;
}
