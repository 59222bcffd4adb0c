import { z } from 'zod';
import {
  type ConsumerRow,
  type PlacementState,
  type ProviderRow,
  transaction,
  usageOf,
} from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RouteAnswer, type RoutedRequest, type RouteTable, UuidLike } from './route.ts';
import { hasCapacity } from './trait-filter.ts';

const Owner = z.string().min(1).max(255);

/** The allocations of one consumer in a request. */
export const ConsumerBody = z.strictObject({
  allocations: z.record(
    z.string(),
    z.strictObject({
      resources: z.record(z.string(), z.int().min(1)),
      generation: z.int().optional(),
    }),
  ),
  mappings: z.unknown().optional(),
  project_id: Owner,
  user_id: Owner,
  consumer_generation: z.int().nullable(),
  consumer_type: z
    .string()
    .regex(/^[A-Z0-9_]+$/)
    .optional(),
});
type ConsumerBody = z.output<typeof ConsumerBody>;

/** `/allocations`, `/allocations/{consumer}` and `/resource_providers/{uuid}/allocations` */
export const allocationRoutes: RouteTable = {
  '/allocations': { POST: writeMany },
  '/allocations/{consumer}': { GET: show, PUT: write, DELETE: remove },
  '/resource_providers/{uuid}/allocations': { GET: listOfProvider },
};

function show({ state, segments }: RoutedRequest): RouteAnswer {
  const consumer = state.consumers.get(segments[0] ?? '');
  if (consumer === undefined || isGhost(consumer)) return { status: 200, body: { allocations: {} } };
  const allocations = Object.entries(consumer.allocations).map(([uuid, resources]) => [
    uuid,
    { resources, generation: state.providers.get(uuid)?.generation },
  ]);
  const body = {
    allocations: Object.fromEntries(allocations),
    project_id: consumer.project,
    user_id: consumer.user,
    consumer_generation: consumer.generation,
    consumer_type: consumer.type,
  };
  return { status: 200, body };
}

function write({ state, segments, body, minor }: RoutedRequest): RouteAnswer {
  const consumer = parseInput(UuidLike, segments[0], 'Malformed consumer_uuid');
  writeConsumers(state, { [consumer]: parseConsumer(body, minor) });
  return { status: 204 };
}

function writeMany({ state, body, minor }: RoutedRequest): RouteAnswer {
  const consumers = parseInput(z.record(UuidLike, z.unknown()), body);
  const parsed = Object.entries(consumers).map(([uuid, input]) => [uuid, parseConsumer(input, minor)]);
  writeConsumers(state, Object.fromEntries(parsed));
  return { status: 204 };
}

// Unlike an empty PUT this one takes no generation, and leaves those of the providers as they are.
function remove({ state, segments }: RoutedRequest): RouteAnswer {
  const uuid = segments[0] ?? '';
  const consumer = state.consumers.get(uuid);
  if (consumer === undefined || isGhost(consumer))
    throw new Refusal(404, `No allocations for consumer '${uuid}'`);
  state.consumers.delete(uuid);
  return { status: 204 };
}

function listOfProvider({ state, segments }: RoutedRequest): RouteAnswer {
  const provider = state.providers.get(segments[0] ?? '');
  if (provider === undefined) throw new Refusal(404, `Resource provider '${segments[0]}' not found`);
  const allocations: Record<string, unknown> = {};
  for (const [uuid, consumer] of state.consumers) {
    const resources = consumer.allocations[provider.uuid];
    if (resources !== undefined) allocations[uuid] = { resources, consumer_generation: consumer.generation };
  }
  return { status: 200, body: { allocations, resource_provider_generation: provider.generation } };
}

/** One consumer of a request; its type is required from 1.38. @throws Refusal 400 */
export function parseConsumer(input: unknown, minor: number): ConsumerBody {
  const consumer = parseInput(ConsumerBody, input);
  if (minor >= 38 && consumer.consumer_type === undefined)
    throw new Refusal(400, "JSON does not validate: 'consumer_type' is a required property");
  return consumer;
}

/** Replaces the allocations of consumers, all or none. @throws Refusal */
export function writeConsumers(state: PlacementState, bodies: Readonly<Record<string, ConsumerBody>>): void {
  transaction(state, () => {
    const touched = new Set<ProviderRow>();
    for (const [uuid, body] of Object.entries(bodies)) {
      requireConsumerGeneration(state.consumers.get(uuid), body.consumer_generation);
      const held = state.consumers.get(uuid)?.allocations ?? {};
      for (const provider of [...Object.keys(held), ...Object.keys(body.allocations)])
        touched.add(allocatable(state, provider));
      replaceConsumer(state, uuid, body);
    }
    for (const body of Object.values(bodies)) requireFit(state, body);
    for (const provider of touched) provider.generation += 1;
  });
}

function requireConsumerGeneration(consumer: ConsumerRow | undefined, given: number | null): void {
  if ((consumer?.generation ?? null) === given) return;
  const expected = consumer === undefined ? 'null' : consumer.generation;
  const got = given === null ? 'None' : given;
  throw new Refusal(409, `consumer generation conflict - expected ${expected} but got ${got}`, {
    code: 'placement.concurrent_update',
  });
}

function allocatable(state: PlacementState, uuid: string): ProviderRow {
  const provider = state.providers.get(uuid);
  if (provider !== undefined) return provider;
  throw new Refusal(400, `Allocation for resource provider '${uuid}' that does not exist.`);
}

function replaceConsumer(state: PlacementState, uuid: string, body: ConsumerBody): void {
  const known = state.consumers.get(uuid);
  const allocations = Object.fromEntries(
    Object.entries(body.allocations).map(([provider, { resources }]) => [provider, resources]),
  );
  const isEmpty = Object.keys(allocations).length === 0;
  // A consumer loses its record with its last allocation; one that never had any keeps one, of generation 0.
  if (isEmpty && known !== undefined && !isGhost(known)) {
    state.consumers.delete(uuid);
    return;
  }
  state.consumers.set(uuid, {
    generation: isEmpty ? 0 : (known?.generation ?? 0) + 1,
    project: body.project_id,
    user: body.user_id,
    type: body.consumer_type ?? 'unknown',
    allocations,
  });
}

/** Every consumer of the request is written by now: usage must not exceed what there is. */
function requireFit(state: PlacementState, { allocations }: ConsumerBody): void {
  for (const [uuid, { resources }] of Object.entries(allocations)) {
    const provider = allocatable(state, uuid);
    const usage = usageOf(state, uuid);
    for (const [name, amount] of Object.entries(resources)) {
      const inventory = provider.inventories[name];
      const refused = `Unable to allocate inventory: Unable to create allocation for '${name}' on resource provider '${uuid}'.`;
      if (inventory === undefined)
        throw new Refusal(
          409,
          `Unable to allocate inventory: Inventory for '${name}' on resource provider '${uuid}' invalid.`,
        );
      const capacity = (inventory.total - inventory.reserved) * inventory.allocation_ratio;
      if ((usage[name] ?? 0) > capacity)
        throw new Refusal(409, `${refused} The requested amount would exceed the capacity.`);
      const unbounded = {
        ...provider,
        inventories: { [name]: { ...inventory, reserved: 0, allocation_ratio: 1e9 } },
      };
      if (!hasCapacity(state, unbounded, { [name]: amount }))
        throw new Refusal(409, `${refused} The requested amount would violate inventory constraints.`);
    }
  }
}

function isGhost(consumer: ConsumerRow): boolean {
  return Object.keys(consumer.allocations).length === 0;
}
