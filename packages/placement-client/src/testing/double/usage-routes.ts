import { providerOf, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import type { RoutedRequest, RouteTable } from './route.ts';

/** `/resource_providers/{uuid}/usages` and `/usages` */
export const usageRoutes: RouteTable = {
  '/resource_providers/{uuid}/usages': { GET: ofProvider },
  '/usages': { GET: ofProject },
};

function ofProvider({ state, segments }: RoutedRequest) {
  const provider = providerOf(state, segments[0] ?? '');
  const usage = usageOf(state, provider.uuid);
  const usages = Object.fromEntries(
    Object.keys(provider.inventories).map((name) => [name, usage[name] ?? 0]),
  );
  return { status: 200, body: { resource_provider_generation: provider.generation, usages } };
}

function ofProject({ state, query }: RoutedRequest) {
  const project = query.get('project_id');
  if (project === null)
    throw new Refusal(400, "Invalid query string parameters: 'project_id' is a required property");
  const usages: Record<string, Record<string, number>> = {};
  for (const consumer of state.consumers.values()) {
    if (consumer.project !== project || (query.get('user_id') ?? consumer.user) !== consumer.user) continue;
    if ((query.get('consumer_type') ?? consumer.type) !== consumer.type) continue;
    if (Object.keys(consumer.allocations).length === 0) continue;
    const group = usages[consumer.type] ?? { consumer_count: 0 };
    usages[consumer.type] = group;
    group.consumer_count = (group.consumer_count ?? 0) + 1;
    for (const resources of Object.values(consumer.allocations))
      for (const [name, amount] of Object.entries(resources)) group[name] = (group[name] ?? 0) + amount;
  }
  return { status: 200, body: { usages } };
}
