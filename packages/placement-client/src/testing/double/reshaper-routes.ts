import { z } from 'zod';
import { parseConsumer, writeConsumers } from './allocation-routes.ts';
import { InventoriesBody } from './inventory-routes.ts';
import { requireGeneration, setInventories, transaction } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RoutedRequest, type RouteTable, since } from './route.ts';

const Reshape = z.strictObject({
  inventories: z.record(z.string(), InventoriesBody),
  allocations: z.record(z.string(), z.unknown()),
});

/** `/reshaper` */
export const reshaperRoutes: RouteTable = { '/reshaper': { POST: since(30, reshape) } };

function reshape({ state, body, minor }: RoutedRequest) {
  const { inventories, allocations } = parseInput(Reshape, body);
  const consumers = Object.entries(allocations).map(([uuid, input]) => [
    uuid,
    parseConsumer(input, { minor, mayBeEmpty: true }),
  ]);
  transaction(state, () => {
    for (const [uuid, wanted] of Object.entries(inventories)) {
      const provider = state.providers.get(uuid);
      if (provider === undefined)
        throw new Refusal(400, `Resource provider ${uuid} in inventories not found`, {
          code: 'placement.resource_provider.not_found',
        });
      const detail = `resource provider generation conflict for provider ${uuid}`;
      requireGeneration(provider, wanted.resource_provider_generation, detail);
      setInventories(state, provider, wanted.inventories);
      // Once for the classes added at first and once for the final set.
      if (Object.keys(wanted.inventories).length > 0) provider.generation += 1;
    }
    writeConsumers(state, Object.fromEntries(consumers));
  });
  return { status: 204 };
}
