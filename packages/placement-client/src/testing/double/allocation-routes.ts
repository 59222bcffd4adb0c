import { z } from 'zod';
import {
  type ConsumerRow,
  type PlacementState,
  type ProviderRow,
  transaction,
  usageOf,
} from './placement-state.ts';
import { Refusal } from './refusal.ts';
import {
  parseInput,
  type RouteAnswer,
  type RoutedRequest,
  type RouteTable,
  since,
  UuidLike,
} from './route.ts';
import { hasCapacity } from './trait-filter.ts';

const Owner = z.string().min(1).max(255);
/** Who owns what was written before owners had to be named (1.8): the default of Placement's configuration. */
const nobody = '00000000-0000-0000-0000-000000000000';
const Resources = z
  .record(z.string().regex(/^[A-Z0-9_]+$/), z.int().min(1))
  .refine((resources) => Object.keys(resources).length > 0, 'does not have enough properties');
const ByProvider = z.record(
  UuidLike,
  z.strictObject({ resources: Resources, generation: z.int().optional() }),
);
/** As it was before 1.12. */
const Listed = z
  .array(z.strictObject({ resource_provider: z.strictObject({ uuid: UuidLike }), resources: Resources }))
  .transform((listed) =>
    Object.fromEntries(listed.map(({ resource_provider: { uuid }, resources }) => [uuid, { resources }])),
  );

/** The members of a request for one consumer besides `allocations`, by the minor version that they came with. */
const memberSince = { project_id: 8, user_id: 8, consumer_generation: 28, mappings: 34, consumer_type: 38 };

/** The allocations of one consumer in a request, in the shape of the newest version. */
const ConsumerBody = z.strictObject({
  allocations: ByProvider,
  mappings: z.unknown().optional(),
  project_id: Owner.default(nobody),
  user_id: Owner.default(nobody),
  /** Left out below 1.28: nothing is guarded. */
  consumer_generation: z.int().nullable().optional(),
  consumer_type: z
    .string()
    .regex(/^[A-Z0-9_]+$/)
    .optional(),
});
type ConsumerBody = z.output<typeof ConsumerBody>;
const ListedConsumerBody = ConsumerBody.extend({ allocations: Listed });

/** `/allocations`, `/allocations/{consumer}` and `/resource_providers/{uuid}/allocations` */
export const allocationRoutes: RouteTable = {
  '/allocations': { POST: since(13, writeMany) },
  '/allocations/{consumer}': { GET: show, PUT: write, DELETE: remove },
  '/resource_providers/{uuid}/allocations': { GET: listOfProvider },
};

function show({ state, segments, minor }: RoutedRequest): RouteAnswer {
  const consumer = state.consumers.get(segments[0] ?? '');
  if (consumer === undefined || isGhost(consumer)) return { status: 200, body: { allocations: {} } };
  const allocations = Object.entries(consumer.allocations).map(([uuid, resources]) => [
    uuid,
    { resources, generation: state.providers.get(uuid)?.generation },
  ]);
  const body = {
    allocations: Object.fromEntries(allocations),
    ...(minor >= 12 && { project_id: consumer.project, user_id: consumer.user }),
    ...(minor >= 28 && { consumer_generation: consumer.generation }),
    ...(minor >= 38 && { consumer_type: consumer.type }),
  };
  return { status: 200, body };
}

function write({ state, segments, body, minor }: RoutedRequest): RouteAnswer {
  const consumer = parseInput(UuidLike, segments[0], 'Malformed consumer_uuid');
  writeConsumers(state, { [consumer]: parseConsumer(body, { minor, mayBeEmpty: false }) });
  return { status: 204 };
}

function writeMany({ state, body, minor }: RoutedRequest): RouteAnswer {
  const consumers = parseInput(z.record(UuidLike, z.unknown()), body);
  if (Object.keys(consumers).length === 0)
    throw new Refusal(400, 'JSON does not validate: {} does not have enough properties');
  const parsed = Object.entries(consumers).map(([uuid, input]) => [
    uuid,
    parseConsumer(input, { minor, mayBeEmpty: true }),
  ]);
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

function listOfProvider({ state, segments, minor }: RoutedRequest): RouteAnswer {
  const provider = state.providers.get(segments[0] ?? '');
  if (provider === undefined) throw new Refusal(404, `Resource provider '${segments[0]}' not found`);
  const allocations: Record<string, unknown> = {};
  for (const [uuid, consumer] of state.consumers) {
    const resources = consumer.allocations[provider.uuid];
    if (resources === undefined) continue;
    allocations[uuid] = { resources, ...(minor >= 28 && { consumer_generation: consumer.generation }) };
  }
  return { status: 200, body: { allocations, resource_provider_generation: provider.generation } };
}

interface ConsumerRules {
  readonly minor: number;
  /** Whether a request below 1.28 may leave a consumer without allocations; newer ones always may. */
  readonly mayBeEmpty: boolean;
}

/** One consumer of a request, in the shape of its version. @throws Refusal 400 */
export function parseConsumer(input: unknown, { minor, mayBeEmpty }: ConsumerRules): ConsumerBody {
  requireMembers(input, minor);
  const schema: z.ZodType<ConsumerBody> = minor < 12 ? ListedConsumerBody : ConsumerBody;
  const consumer = parseInput(schema, input);
  if (Object.keys(consumer.allocations).length === 0 && minor < 28 && !mayBeEmpty)
    throw new Refusal(400, 'JSON does not validate: {} does not have enough properties');
  return consumer;
}

function requireMembers(input: unknown, minor: number): void {
  const given = Object.keys(parseInput(z.looseObject({}), input));
  for (const [name, memberSinceMinor] of Object.entries(memberSince)) {
    if (given.includes(name) && minor < memberSinceMinor)
      throw new Refusal(
        400,
        `JSON does not validate: Additional properties are not allowed ('${name}' was unexpected)`,
      );
    if (!given.includes(name) && minor >= memberSinceMinor && name !== 'mappings')
      throw new Refusal(400, `JSON does not validate: '${name}' is a required property`);
  }
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

function requireConsumerGeneration(
  consumer: ConsumerRow | undefined,
  given: number | null | undefined,
): void {
  if (given === undefined || (consumer?.generation ?? null) === given) return;
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
    type: body.consumer_type ?? known?.type ?? 'unknown',
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
