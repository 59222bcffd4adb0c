import type { EndpointFilter, Session } from '@cyborgjs/openstack-session';
import { createAggregates } from './aggregates.ts';
import { createAllocationCandidates } from './allocation-candidates.ts';
import { createAllocations } from './allocations.ts';
import { createInventories } from './inventories.ts';
import { type Microversion, newestMicroversion } from './microversion.ts';
import { createPlacementCall } from './placement-call.ts';
import { createProviderTraits } from './provider-traits.ts';
import { createReshaper } from './reshaper.ts';
import { createResourceClasses } from './resource-classes.ts';
import { createResourceProviders } from './resource-providers.ts';
import { createTraits } from './traits.ts';
import { createUsages } from './usages.ts';

/** Placement, one member per noun of its API. */
export interface Placement {
  readonly resourceProviders: ReturnType<typeof createResourceProviders>;
  readonly inventories: ReturnType<typeof createInventories>;
  readonly traits: ReturnType<typeof createTraits>;
  readonly providerTraits: ReturnType<typeof createProviderTraits>;
  readonly resourceClasses: ReturnType<typeof createResourceClasses>;
  readonly aggregates: ReturnType<typeof createAggregates>;
  readonly usages: ReturnType<typeof createUsages>;
  readonly allocations: ReturnType<typeof createAllocations>;
  readonly allocationCandidates: ReturnType<typeof createAllocationCandidates>;
  readonly reshaper: ReturnType<typeof createReshaper>;
  /** The version spoken: the wanted one until a call has shown that the server is older. */
  microversion(): Microversion;
}

/** How a client is tuned. */
export interface PlacementOptions {
  /** The newest version to speak. Default 1.39; it is lowered to what the server has, down to 1.28. */
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
    microversion: call.microversion,
  };
}
