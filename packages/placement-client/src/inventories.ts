import { z } from 'zod';
import { Inventory, type InventoryInput } from './inventory.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

/** All inventory of a provider, and the generation that it belongs to. */
export const ProviderInventories = z.object({
  resource_provider_generation: z.int(),
  inventories: z.record(z.string(), Inventory),
});
export type ProviderInventories = z.output<typeof ProviderInventories>;

/** One class of inventory, and the generation that it belongs to. */
export const ProviderInventory = Inventory.extend({
  // Left away by Placement while it is 0.
  resource_provider_generation: z.int().default(0),
});
export type ProviderInventory = z.output<typeof ProviderInventory>;

/** All inventory of a provider as it shall be; what is left out of a record gets Placement's default. */
export interface ProviderInventoriesInput {
  readonly resource_provider_generation: number;
  readonly inventories: Readonly<Record<string, InventoryInput>>;
}

/** One class of inventory to be added or replaced. */
export type NewInventory = InventoryInput & { readonly resource_class: string };

/** `/resource_providers/{uuid}/inventories` */
export interface ProviderInventoryCalls {
  /** @throws PlacementError `placement.not_found` */
  get(provider: string, options?: CallOptions): Promise<ProviderInventories>;
  /**
   * Replaces all inventory; the generation rises even when nothing differs.
   *
   * @throws PlacementError `placement.concurrent_update`, `placement.inventory.inuse`,
   * `placement.unknown_resource_class`, `placement.not_found`
   */
  replace(
    provider: string,
    input: ProviderInventoriesInput,
    options?: CallOptions,
  ): Promise<ProviderInventories>;
  /** Removes all inventory, whatever the generation. @throws PlacementError `placement.inventory.inuse` */
  delete(provider: string, options?: CallOptions): Promise<void>;
  /**
   * Adds one class, whatever the generation.
   *
   * @throws PlacementError `placement.inventory.exists`, `placement.unknown_resource_class`
   */
  add(provider: string, inventory: NewInventory, options?: CallOptions): Promise<Inventory>;
  /** One class. @throws PlacementError `placement.not_found` */
  getOne(provider: string, resourceClass: string, options?: CallOptions): Promise<ProviderInventory>;
  /**
   * Replaces one class that is there.
   *
   * @throws PlacementError `placement.concurrent_update`; `placement.invalid` when there is none of the class
   */
  replaceOne(
    provider: string,
    inventory: NewInventory & { readonly resource_provider_generation: number },
    options?: CallOptions,
  ): Promise<ProviderInventory>;
  /** Removes one class, whatever the generation. @throws PlacementError `placement.inventory.inuse` */
  remove(provider: string, resourceClass: string, options?: CallOptions): Promise<void>;
}

/** The inventory behind a call. */
export function createInventories(call: PlacementCall): ProviderInventoryCalls {
  return {
    async get(provider, options) {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderInventories } as const;
      return (await call(request, options)).body;
    },
    async replace(provider, body, options) {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderInventories } as const;
      return (await call(request, options)).body;
    },
    async delete(provider, options) {
      const needs = { version: '1.5', what: 'removing all inventory' } as const;
      await call({ method: 'DELETE', path: pathOf(provider), answer: noBody, needs }, options);
    },
    async add(provider, body, options) {
      const request = { method: 'POST', path: pathOf(provider), body, answer: Inventory } as const;
      return (await call(request, options)).body;
    },
    async getOne(provider, resourceClass, options) {
      const path = pathOf(provider, resourceClass);
      return (await call({ method: 'GET', path, answer: ProviderInventory }, options)).body;
    },
    async replaceOne(provider, { resource_class: resourceClass, ...body }, options) {
      const path = pathOf(provider, resourceClass);
      return (await call({ method: 'PUT', path, body, answer: ProviderInventory }, options)).body;
    },
    async remove(provider, resourceClass, options) {
      const path = pathOf(provider, resourceClass);
      await call({ method: 'DELETE', path, answer: noBody }, options);
    },
  };
}

function pathOf(provider: string, resourceClass?: string): string {
  const path = `/resource_providers/${encodeURIComponent(provider)}/inventories`;
  return resourceClass === undefined ? path : `${path}/${encodeURIComponent(resourceClass)}`;
}
