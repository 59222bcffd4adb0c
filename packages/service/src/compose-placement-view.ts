import {
  type AllocationCandidates,
  createPlacement,
  isPlacementError,
  type Placement,
} from '@cyborgjs/placement-client';
import { composeSession } from './compose-session.ts';
import type { Pool } from './conductor/count-servers.ts';
import type { PlacementView } from './conductor/fit-flavor.ts';
import type { Config } from './config-schema.ts';

/** An operator waits for the answer. */
const patienceMs = 15_000;

/** What the conductor may see of Placement; null where there is none. */
export function composePlacementView({
  placement: settings,
}: Config): (PlacementView & { close(): Promise<void> }) | null {
  if (!settings?.enabled) return null;
  const session = composeSession(settings, 'placement');
  return { ...createPlacementView(createPlacement(session)), close: () => session.close() };
}

/** The view of a Placement, by its allocation candidates. */
export function createPlacementView(placement: Placement): PlacementView {
  return {
    async poolsFor({ resources, required, forbidden }) {
      if (Object.keys(resources).length === 0) return [];
      const signal = AbortSignal.timeout(patienceMs);
      const group = { resources, required, forbidden };
      try {
        return poolsIn(await placement.allocationCandidates.find({ groups: { 1: group } }, { signal }));
      } catch (error) {
        // Nobody has what has no name there yet.
        const isUnknown = ['placement.unknown_trait', 'placement.unknown_resource_class'] as const;
        if (isUnknown.some((code) => isPlacementError(error, code))) return [];
        throw error;
      }
    },
  };
}

function poolsIn({ allocation_requests: requests, provider_summaries: summaries }: AllocationCandidates) {
  const pools = new Map<string, Pool>();
  for (const { allocations } of requests)
    for (const [provider, { resources }] of Object.entries(allocations)) {
      const summary = summaries[provider];
      const left = Object.keys(resources).map((name) => {
        const { capacity = 0, used = 0 } = summary?.resources[name] ?? {};
        return capacity - used;
      });
      const host = summary?.root_provider_uuid ?? provider;
      pools.set(provider, { host, provider, free: Math.min(...left) });
    }
  return [...pools.values()];
}
