import { z } from 'zod';
import { providerOf, requireGeneration } from './placement-state.ts';
import { parseInput, type RoutedRequest, type RouteTable, UuidLike } from './route.ts';

const AggregatesBody = z.strictObject({
  resource_provider_generation: z.int(),
  aggregates: z.array(UuidLike),
});

/** `/resource_providers/{uuid}/aggregates` */
export const aggregateRoutes: RouteTable = {
  '/resource_providers/{uuid}/aggregates': { GET: show, PUT: replace },
};

function show({ state, segments }: RoutedRequest) {
  const { generation, aggregates } = providerOf(state, segments[0] ?? '');
  return { status: 200, body: { resource_provider_generation: generation, aggregates } };
}

function replace({ state, segments, body }: RoutedRequest) {
  const provider = providerOf(state, segments[0] ?? '');
  const input = parseInput(AggregatesBody, body);
  requireGeneration(
    provider,
    input.resource_provider_generation,
    "Resource provider's generation already changed. Please update the generation and try again.",
  );
  provider.aggregates = input.aggregates;
  provider.generation += 1;
  return show({ state, segments } as RoutedRequest);
}
