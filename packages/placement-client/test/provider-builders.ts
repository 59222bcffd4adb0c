import type { Placement } from '../src/placement.ts';
import { aName, aUuid } from './placement-peers.ts';

/** A new provider, below a parent if any. */
export function aProvider(placement: Placement, parent: string | null = null) {
  return placement.resourceProviders.create({
    uuid: aUuid(),
    name: aName('rp'),
    parent_provider_uuid: parent,
  });
}

/** The uuid of a new provider of generation 1 that has some PGPU. */
export async function aProviderOfPgpu(placement: Placement, total = 4): Promise<string> {
  const { uuid } = await aProvider(placement);
  const inventories = { PGPU: { total } };
  await placement.inventories.replace(uuid, { resource_provider_generation: 0, inventories });
  return uuid;
}

/** Allocations of some PGPU of a provider, as an instance writes them. */
export function aClaim(provider: string, amount: number, generation: number | null = null) {
  return {
    allocations: { [provider]: { resources: { PGPU: amount } } },
    consumer_generation: generation,
    project_id: 'project',
    user_id: 'user',
    consumer_type: 'INSTANCE',
  };
}

/** The generation of a provider now. */
export async function generationOf(placement: Placement, uuid: string): Promise<number> {
  return (await placement.resourceProviders.get(uuid)).generation;
}
