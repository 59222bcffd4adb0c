import type { ConsumerAllocationsInput } from './allocations.ts';
import type { ProviderInventoriesInput } from './inventories.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

/** Inventories by provider and allocations by consumer, all of them replaced in one transaction. */
export interface Reshape {
  readonly inventories: Readonly<Record<string, ProviderInventoriesInput>>;
  /** May be empty. */
  readonly allocations: Readonly<Record<string, ConsumerAllocationsInput>>;
}

/** `/reshaper` */
export interface Reshaper {
  /**
   * Applies a reshape, or nothing of it. The answer has no generations: read the providers again. The default
   * policy asks for the role `service`. Placement does not check here that `reserved` is at most `total`.
   *
   * @throws PlacementError `placement.concurrent_update`, `placement.inventory.inuse`,
   * `placement.resource_provider.not_found`, `placement.allocation_refused`
   */
  post(reshape: Reshape, options?: CallOptions): Promise<void>;
}

/** The reshaper behind a call. */
export function createReshaper(call: PlacementCall): Reshaper {
  return {
    async post(body, options) {
      const needs = { version: '1.30', what: 'moving inventory and allocations at once' } as const;
      await call({ method: 'POST', path: '/reshaper', body, answer: noBody, needs }, options);
    },
  };
}
