import { z } from 'zod';
import { providerOf, requireGeneration } from './placement-state.ts';
import { parseInput, type RoutedRequest, type RouteTable, since, UuidLike } from './route.ts';

const Aggregates = z.array(UuidLike);

const AggregatesBody = z.strictObject({
  resource_provider_generation: z.int(),
  aggregates: Aggregates,
});

/** `/resource_providers/{uuid}/aggregates` */
export const aggregateRoutes: RouteTable = {
  '/resource_providers/{uuid}/aggregates': { GET: since(1, show), PUT: since(1, replace) },
};

/** Aggregates belong to a generation from this minor version on; before, nothing guards them and nothing rises. */
const guardedSince = 19;

function show({ state, segments, minor }: RoutedRequest) {
  const { generation, aggregates } = providerOf(state, segments[0] ?? '');
  const guard = minor >= guardedSince ? { resource_provider_generation: generation } : {};
  return { status: 200, body: { aggregates, ...guard } };
}

function replace(request: RoutedRequest) {
  const { state, segments, body, minor } = request;
  const provider = providerOf(state, segments[0] ?? '');
  if (minor < guardedSince) {
    provider.aggregates = parseInput(Aggregates, body);
    return show(request);
  }
  const input = parseInput(AggregatesBody, body);
  requireGeneration(
    provider,
    input.resource_provider_generation,
    "Resource provider's generation already changed. Please update the generation and try again.",
  );
  provider.aggregates = input.aggregates;
  provider.generation += 1;
  return show(request);
}
