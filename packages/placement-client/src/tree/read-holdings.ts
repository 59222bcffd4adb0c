import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { PlacementError } from '../placement-error.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import type { ProviderHoldings } from './provider-tree.ts';

/** How reading is done. */
export interface TreeReading {
  readonly placement: Placement;
  readonly limit: ConcurrencyLimit;
  readonly call: CallOptions;
}

/** How often a provider that others keep writing is read again. */
const attempts = 5;

/** What a provider of generation 0 holds: nobody has written anything to it. */
export const noHoldings: ProviderHoldings = { generation: 0, inventories: {}, traits: [], usages: {} };

/**
 * Inventory, traits and usage of one provider, read until all three are of the same generation.
 *
 * @throws PlacementError `placement.not_found`, `placement.concurrent_update` when it never stands still
 */
export async function readHoldings(reading: TreeReading, uuid: string): Promise<ProviderHoldings> {
  const { placement, limit, call } = reading;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [inventory, trait, usage] = await Promise.all([
      limit(() => placement.inventories.get(uuid, call)),
      limit(() => placement.providerTraits.get(uuid, call)),
      limit(() => placement.usages.ofProvider(uuid, call)),
    ]);
    const generation = inventory.resource_provider_generation;
    const isOne = [trait, usage].every((part) => part.resource_provider_generation === generation);
    const { inventories } = inventory;
    if (isOne) return { generation, inventories, traits: trait.traits, usages: usage.usages };
  }
  throw new PlacementError(
    'placement.concurrent_update',
    `provider ${uuid} was changed by others each of ${attempts} times that it was read`,
  );
}
