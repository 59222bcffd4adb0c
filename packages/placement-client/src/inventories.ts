import { z } from 'zod';
import { Inventory, type InventoryInput } from './inventory.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

/** All inventory of a provider, and the generation that it belongs to. */
export const ProviderInventories = z.object({
  resource_provider_generation: z.int(),
  inventories: z.record(z.string(), Inventory),
});
export type ProviderInventories = z.output<typeof ProviderInventories>;

/** All inventory of a provider as it shall be; what is left out of a record gets Placement's default. */
export interface ProviderInventoriesInput {
  readonly resource_provider_generation: number;
  readonly inventories: Readonly<Record<string, InventoryInput>>;
}

/** `/resource_providers/{uuid}/inventories` */
export function createInventories(call: PlacementCall) {
  return {
    /** @throws PlacementError `placement.not_found` */
    async get(provider: string, options?: CallOptions): Promise<ProviderInventories> {
      const request = { method: 'GET', path: pathOf(provider), answer: ProviderInventories } as const;
      return (await call(request, options)).body;
    },
    /**
     * Replaces all inventory; the generation rises even when nothing differs.
     *
     * @throws PlacementError `placement.concurrent_update`, `placement.inventory.inuse`,
     * `placement.unknown_resource_class`, `placement.not_found`
     */
    async replace(
      provider: string,
      body: ProviderInventoriesInput,
      options?: CallOptions,
    ): Promise<ProviderInventories> {
      const request = { method: 'PUT', path: pathOf(provider), body, answer: ProviderInventories } as const;
      return (await call(request, options)).body;
    },
    /** Removes all inventory, whatever the generation. @throws PlacementError `placement.inventory.inuse` */
    async delete(provider: string, options?: CallOptions): Promise<void> {
      await call({ method: 'DELETE', path: pathOf(provider), answer: noBody }, options);
    },
    /**
     * Adds one class, whatever the generation.
     *
     * @throws PlacementError `placement.inventory.exists`, `placement.unknown_resource_class`
     */
    async add(
      provider: string,
      inventory: InventoryInput & { readonly resource_class: string },
      options?: CallOptions,
    ): Promise<Inventory> {
      const request = { method: 'POST', path: pathOf(provider), body: inventory, answer: Inventory } as const;
      return (await call(request, options)).body;
    },
    /** Removes one class, whatever the generation. @throws PlacementError `placement.inventory.inuse` */
    async remove(provider: string, resourceClass: string, options?: CallOptions): Promise<void> {
      const path = `${pathOf(provider)}/${encodeURIComponent(resourceClass)}`;
      await call({ method: 'DELETE', path, answer: noBody }, options);
    },
  };
}

function pathOf(provider: string): string {
  return `/resource_providers/${encodeURIComponent(provider)}/inventories`;
}
