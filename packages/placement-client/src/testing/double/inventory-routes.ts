import { z } from 'zod';
import { fullInventory, type Inventory, largestUnit } from '../../inventory.ts';
import {
  inventoryInUse,
  type ProviderRow,
  providerOf,
  requireGeneration,
  setInventories,
  usageOf,
} from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RoutedRequest, type RouteTable, since } from './route.ts';

const unit = z.int().min(1).max(largestUnit);
const record = {
  resource_provider_generation: z.int().optional(),
  total: unit,
  reserved: z.int().min(0).max(largestUnit).default(0),
  min_unit: unit.default(1),
  max_unit: unit.default(largestUnit),
  step_size: unit.default(1),
  allocation_ratio: z.number().default(1),
};
const ClassName = z.string().regex(/^[A-Z0-9_]+$/);

/** One inventory of a request, defaults filled in. */
export const InventoryRecord = z.strictObject(record).transform(fullInventory);
const OneInventory = z.strictObject({ ...record, resource_provider_generation: z.int() });
const NewInventory = z.strictObject({ ...record, resource_class: ClassName });

/** The body of PUT inventories. */
export const InventoriesBody = z.strictObject({
  resource_provider_generation: z.int(),
  inventories: z.record(ClassName, InventoryRecord),
});

/** `/resource_providers/{uuid}/inventories` and one class below it */
export const inventoryRoutes: RouteTable = {
  '/resource_providers/{uuid}/inventories': {
    GET: (request) => ({ status: 200, body: shown(providerAt(request)) }),
    PUT: replace,
    POST: add,
    DELETE: since(5, removeAll, 405),
  },
  '/resource_providers/{uuid}/inventories/{resource_class}': {
    GET: showOne,
    PUT: replaceOne,
    DELETE: removeOne,
  },
};

function replace(request: RoutedRequest) {
  const provider = providerAt(request);
  const { resource_provider_generation: generation, inventories } = parseInput(InventoriesBody, request.body);
  requireGeneration(provider, generation, 'resource provider generation conflict');
  for (const [name, inventory] of Object.entries(inventories)) requireCapacity(request, name, inventory);
  setInventories(request.state, provider, inventories);
  return { status: 200, body: shown(provider) };
}

function add(request: RoutedRequest) {
  const provider = providerAt(request);
  const { resource_class: name, ...input } = parseInput(NewInventory, request.body);
  const inventory = fullInventory(input);
  requireCapacity(request, name, inventory);
  if (provider.inventories[name] !== undefined)
    // Placement calls it so, though nobody raced: the class is there already.
    throw new Refusal(409, 'Update conflict: UNIQUE constraint failed: inventories', {
      code: 'placement.concurrent_update',
    });
  setInventories(request.state, provider, { ...provider.inventories, [name]: inventory });
  return {
    status: 201,
    body: { ...inventory, resource_provider_generation: provider.generation },
    location: `/resource_providers/${provider.uuid}/inventories/${name}`,
  };
}

function removeAll(request: RoutedRequest) {
  setInventories(request.state, providerAt(request), {});
  return { status: 204 };
}

function showOne(request: RoutedRequest) {
  const provider = providerAt(request);
  const name = request.segments[1] ?? '';
  const inventory = provider.inventories[name];
  if (inventory === undefined) throw noneOf(name, provider);
  return { status: 200, body: { ...inventory, resource_provider_generation: provider.generation } };
}

function replaceOne(request: RoutedRequest) {
  const provider = providerAt(request);
  const name = request.segments[1] ?? '';
  const { resource_provider_generation: generation, ...input } = parseInput(OneInventory, request.body);
  requireGeneration(provider, generation, 'resource provider generation conflict');
  if (provider.inventories[name] === undefined)
    throw new Refusal(400, `Unable to update inventory of class ${name}: there is none`);
  const inventory = fullInventory(input);
  requireCapacity(request, name, inventory);
  setInventories(request.state, provider, { ...provider.inventories, [name]: inventory });
  return { status: 200, body: { ...inventory, resource_provider_generation: provider.generation } };
}

function removeOne(request: RoutedRequest) {
  const provider = providerAt(request);
  const name = request.segments[1] ?? '';
  const { [name]: removed, ...rest } = provider.inventories;
  if (removed === undefined) throw noneOf(name, provider);
  if ((usageOf(request.state, provider.uuid)[name] ?? 0) > 0) {
    const { message } = inventoryInUse(provider, name, `Unable to delete inventory of class ${name}: `);
    // In use, but Placement calls it a concurrent update here.
    throw new Refusal(409, message, { code: 'placement.concurrent_update' });
  }
  setInventories(request.state, provider, rest);
  return { status: 204 };
}

function providerAt({ state, segments }: RoutedRequest): ProviderRow {
  return providerOf(state, segments[0] ?? '');
}

function shown({ generation, inventories }: ProviderRow) {
  return { resource_provider_generation: generation, inventories };
}

function noneOf(name: string, provider: ProviderRow): Refusal {
  return new Refusal(404, `No inventory of class ${name} for ${provider.uuid}`);
}

/** From 1.26 all of it may be reserved. */
function requireCapacity({ segments, minor }: RoutedRequest, name: string, inventory: Inventory): void {
  const [provider = ''] = segments;
  if (minor >= 26 ? inventory.reserved <= inventory.total : inventory.reserved < inventory.total) return;
  throw new Refusal(
    400,
    `Unable to update inventory for resource provider ${provider}: Invalid inventory for '${name}' on ` +
      `resource provider '${provider}'. The reserved value is greater than ${minor >= 26 ? '' : 'or equal to '}total.`,
  );
}
