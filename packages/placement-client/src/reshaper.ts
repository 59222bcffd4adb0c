import { type ConsumerAllocationsInput, consumerBody } from './allocations.ts';
import type { ProviderInventoriesInput } from './inventories.ts';
import { mapValues } from './map-values.ts';
import type { Microversion } from './microversion.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';
import { PlacementError } from './placement-error.ts';

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
   * policy asks for the role `service`. Placement does not check here that `reserved` is at most `total`: that is
   * refused before anything is sent. A lost answer is repeated, because the generations keep it from being applied
   * twice; `placement.concurrent_update` can therefore also mean that the first attempt did it.
   *
   * @throws PlacementError `placement.invalid`, `placement.concurrent_update`, `placement.inventory.inuse`,
   * `placement.resource_provider.not_found`, `placement.allocation_refused`
   */
  post(reshape: Reshape, options?: CallOptions): Promise<void>;
}

/** The reshaper behind a call. */
export function createReshaper(call: PlacementCall): Reshaper {
  return {
    async post(reshape, options) {
      refuseOverReserved(reshape);
      const idempotent = Object.keys(reshape.inventories).length > 0;
      const body = (spoken: Microversion) => bodyOf(reshape, spoken);
      const request = { method: 'POST', path: '/reshaper', body, idempotent } as const;
      const needs = { version: '1.30', what: 'moving inventory and allocations at once' } as const;
      await call({ ...request, answer: noBody, needs }, options);
    },
  };
}

function bodyOf({ inventories, allocations }: Reshape, spoken: Microversion) {
  return { inventories, allocations: mapValues(allocations, (input) => consumerBody(input, spoken)) };
}

function refuseOverReserved({ inventories }: Reshape): void {
  for (const [provider, record] of Object.entries(inventories))
    for (const [name, { total, reserved = 0 }] of Object.entries(record.inventories))
      if (reserved > total)
        throw new PlacementError(
          'placement.invalid',
          `${reserved} of ${total} ${name} of provider ${provider} cannot be reserved`,
        );
}
