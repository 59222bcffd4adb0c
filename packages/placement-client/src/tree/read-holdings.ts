import type { ProviderAggregates } from '../aggregates.ts';
import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { PlacementError } from '../placement-error.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import type { ProviderHoldings } from './provider-tree.ts';

/** How reading is done. */
export interface TreeReading {
  readonly placement: Placement;
  readonly limit: ConcurrencyLimit;
  readonly call: CallOptions;
  /** Of which providers the aggregates are read too. */
  readonly aggregatesOf: (provider: ResourceProvider) => boolean;
}

/** How often a provider that others keep writing is read again. */
const attempts = 5;

/** What a provider of generation 0 holds, save its aggregates, which may be written without moving it. */
export const noHoldings: ProviderHoldings = { generation: 0, inventories: {}, traits: [], usages: {} };

/**
 * Inventory, traits and usage of one provider, and aggregates where asked for, read until all are of the same
 * generation. Below 1.19 aggregates have none.
 *
 * @throws PlacementError `placement.not_found`, `placement.concurrent_update` when it never stands still
 */
export async function readHoldings(
  reading: TreeReading,
  provider: ResourceProvider,
): Promise<ProviderHoldings> {
  const { uuid } = provider;
  const { placement, limit, call } = reading;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [inventory, trait, usage, membership] = await Promise.all([
      limit(() => placement.inventories.get(uuid, call)),
      limit(() => placement.providerTraits.get(uuid, call)),
      limit(() => placement.usages.ofProvider(uuid, call)),
      readAggregates(reading, provider),
    ]);
    const generation = inventory.resource_provider_generation;
    const isOne = [trait, usage, membership].every(
      (part) => (part?.resource_provider_generation ?? generation) === generation,
    );
    const { inventories } = inventory;
    const aggregates = membership && { aggregates: membership.aggregates };
    if (isOne) return { generation, inventories, traits: trait.traits, usages: usage.usages, ...aggregates };
  }
  throw new PlacementError(
    'placement.concurrent_update',
    `provider ${uuid} was changed by others each of ${attempts} times that it was read`,
  );
}

/** Undefined when nobody asked for those of this provider. */
export async function readAggregates(
  { placement, limit, call, aggregatesOf }: TreeReading,
  provider: ResourceProvider,
): Promise<ProviderAggregates | undefined> {
  return aggregatesOf(provider) ? limit(() => placement.aggregates.get(provider.uuid, call)) : undefined;
}
