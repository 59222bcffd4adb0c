import { type ConsumerRow, providerOf, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { type RouteAnswer, type RoutedRequest, type RouteTable, requireParameters, since } from './route.ts';

/** `/resource_providers/{uuid}/usages` and `/usages` */
export const usageRoutes: RouteTable = {
  '/resource_providers/{uuid}/usages': { GET: ofProvider },
  '/usages': { GET: since(9, ofProject) },
};

function ofProvider({ state, segments }: RoutedRequest): RouteAnswer {
  const provider = providerOf(state, segments[0] ?? '');
  const usage = usageOf(state, provider.uuid);
  const usages = Object.fromEntries(
    Object.keys(provider.inventories).map((name) => [name, usage[name] ?? 0]),
  );
  return { status: 200, body: { resource_provider_generation: provider.generation, usages } };
}

function ofProject(request: RoutedRequest): RouteAnswer {
  const { state, query, minor } = request;
  requireParameters(request, { project_id: 9, user_id: 9, consumer_type: 38 });
  const [project, user, type] = ['project_id', 'user_id', 'consumer_type'].map((name) => query.get(name));
  if (project === null)
    throw new Refusal(400, "Invalid query string parameters: 'project_id' is a required property");
  const consumers = [...state.consumers.values()].filter(
    (consumer) =>
      consumer.project === project &&
      (user ?? consumer.user) === consumer.user &&
      (type === 'all' ? consumer.type : (type ?? consumer.type)) === consumer.type &&
      Object.keys(consumer.allocations).length > 0,
  );
  if (minor < 38) return { status: 200, body: { usages: sumOf(consumers) } };
  const byType = Map.groupBy(consumers, (consumer) => (type === 'all' ? type : consumer.type));
  const usages = [...byType].map(([name, group]) => [
    name,
    { ...sumOf(group), consumer_count: group.length },
  ]);
  return { status: 200, body: { usages: Object.fromEntries(usages) } };
}

/** What consumers have in all, by class. */
function sumOf(consumers: readonly ConsumerRow[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const resources of consumers.flatMap(({ allocations }) => Object.values(allocations)))
    for (const [name, amount] of Object.entries(resources)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}
