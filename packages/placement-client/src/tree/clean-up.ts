import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import { type ConsumerHolding, holdingsOf, inUse } from './consumer-holding.ts';
import type { TreeRoot } from './read-tree.ts';

/** What would go with a provider that is left from before. */
export interface CleanupPlan {
  readonly uuid: string;
  readonly name: string;
  /** The provider and all that hangs below it, children before their parents. */
  readonly providers: readonly ResourceProvider[];
  /** Who has something of them. As long as there is anybody, nothing is deleted. */
  readonly consumers: readonly ConsumerHolding[];
}

/**
 * Looks what deleting a provider would take: the way out of `placement.name_conflict` when the owner of the name is
 * dead, as after a host was installed anew. Changes nothing; of N providers it takes N + 1 requests, and one more by
 * name.
 *
 * @throws PlacementError `placement.not_found`
 */
export async function planCleanup(
  placement: Placement,
  provider: TreeRoot,
  call: CallOptions = {},
): Promise<CleanupPlan> {
  const [named] =
    'uuid' in provider ? [provider] : await placement.resourceProviders.list({ name: provider.name }, call);
  const providers = named === undefined ? [] : await subtreeOf(placement, named.uuid, call);
  const top = providers.at(-1);
  if (top === undefined) {
    const what = 'uuid' in provider ? `of uuid ${provider.uuid}` : `named "${provider.name}"`;
    throw new PlacementError('placement.not_found', `no provider ${what} is in Placement`, {
      details: provider,
    });
  }
  const consumers: ConsumerHolding[] = [];
  for (const { uuid } of providers) consumers.push(...(await holdingsOf(placement, uuid, call)));
  return Object.freeze({ uuid: top.uuid, name: top.name, providers, consumers });
}

/**
 * Deletes what a plan says, children first; returns their uuids. Nothing is deleted when somebody has something of
 * it, or when anything of it was written since the plan was made. Killed at any request, another plan goes on from
 * there.
 *
 * @throws PlacementError `placement.resource_provider.inuse` with `details.consumers`; `placement.concurrent_update`:
 * make another plan
 */
export async function applyCleanup(
  placement: Placement,
  plan: CleanupPlan,
  call: CallOptions = {},
): Promise<string[]> {
  if (plan.consumers.length > 0) throw inUse(`provider "${plan.name}" or one below it`, plan.consumers);
  // Allocations move the generation, too.
  const now = await subtreeOf(placement, plan.uuid, call);
  if (now.length > 0 && stateOf(now) !== stateOf(plan.providers))
    throw new PlacementError(
      'placement.concurrent_update',
      `provider "${plan.name}" or one below it was changed since it was looked at; look again before it is deleted`,
    );
  for (const { uuid } of now)
    await placement.resourceProviders.delete(uuid, call).catch((error: unknown) => {
      if (!isPlacementError(error, 'placement.not_found')) throw error;
    });
  return now.map(({ uuid }) => uuid);
}

/** A provider and all below it, children before their parents; nothing when it does not exist. */
async function subtreeOf(placement: Placement, uuid: string, call: CallOptions): Promise<ResourceProvider[]> {
  const listed = await placement.resourceProviders.list({ in_tree: uuid }, call);
  const found = listed.filter((provider) => provider.uuid === uuid);
  // Grows while it is gone through.
  for (const parent of found)
    found.push(...listed.filter(({ parent_provider_uuid: above }) => above === parent.uuid));
  return found.toReversed();
}

function stateOf(providers: readonly ResourceProvider[]): string {
  return providers
    .map(({ uuid, name, generation }) => JSON.stringify([uuid, name, generation]))
    .toSorted()
    .join();
}
