import type { EndpointFilter, Session } from '@cyborgjs/openstack-session';
import { createAggregates, type ProviderAggregateCalls } from './aggregates.ts';
import { type AllocationCandidateCalls, createAllocationCandidates } from './allocation-candidates.ts';
import { type Allocations, createAllocations } from './allocations.ts';
import { createInventories, type ProviderInventoryCalls } from './inventories.ts';
import { type Microversion, newestMicroversion } from './microversion.ts';
import { type CallOptions, createPlacementCall } from './placement-call.ts';
import { createProviderTraits, type ProviderTraitCalls } from './provider-traits.ts';
import { createReshaper, type Reshaper } from './reshaper.ts';
import { createResourceClasses, type ResourceClasses } from './resource-classes.ts';
import { createResourceProviders, type ResourceProviders } from './resource-providers.ts';
import { createTraits, type Traits } from './traits.ts';
import { createUsages, type Usages } from './usages.ts';
import { readVersions, type ServedVersions } from './versions.ts';

/** Placement, one member per noun of its API. */
export interface Placement {
  readonly resourceProviders: ResourceProviders;
  readonly inventories: ProviderInventoryCalls;
  readonly traits: Traits;
  readonly providerTraits: ProviderTraitCalls;
  readonly resourceClasses: ResourceClasses;
  readonly aggregates: ProviderAggregateCalls;
  readonly usages: Usages;
  readonly allocations: Allocations;
  readonly allocationCandidates: AllocationCandidateCalls;
  readonly reshaper: Reshaper;
  /** The versions that the server speaks. */
  versions(options?: CallOptions): Promise<ServedVersions>;
  /** The version spoken: the wanted one until a call has shown that the server is older. */
  microversion(): Microversion;
}

/** How a client is tuned. */
export interface PlacementOptions {
  /**
   * The newest version to speak. Default 1.39; it is lowered to what the server has, down to 1.28. An older one, down
   * to 1.0, pins: bodies and answers have the shapes of that time, and what it cannot say is refused.
   */
  readonly microversion?: Microversion;
  /** Where the catalog has it. Default type `placement`. */
  readonly service?: string | EndpointFilter;
}

/**
 * A client of Placement over a session, which it does not close. Methods throw `PlacementError` for what Placement
 * refuses and the session's `OpenStackError` for everything else.
 */
export function createPlacement(
  session: Pick<Session, 'request'>,
  options: PlacementOptions = {},
): Placement {
  const { microversion = newestMicroversion, service = 'placement' } = options;
  const call = createPlacementCall({ session, service, microversion });
  return {
    resourceProviders: createResourceProviders(call),
    inventories: createInventories(call),
    traits: createTraits(call),
    providerTraits: createProviderTraits(call),
    resourceClasses: createResourceClasses(call),
    aggregates: createAggregates(call),
    usages: createUsages(call),
    allocations: createAllocations(call),
    allocationCandidates: createAllocationCandidates(call),
    reshaper: createReshaper(call),
    versions: (options) => readVersions(call, options),
    microversion: call.microversion,
  };
}
