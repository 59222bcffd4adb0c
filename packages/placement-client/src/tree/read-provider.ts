import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { KnownView, ProviderView } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Reads what a provider holds.
 *
 * @throws PlacementError `placement.concurrent_update` when somebody wrote between the two halves,
 * `placement.not_found`
 */
export async function readProvider(run: SyncRun, view: ProviderView): Promise<KnownView> {
  const [inventory, trait] = await Promise.all([
    run.ask((placement, call) => placement.inventories.get(view.uuid, call)),
    run.ask((placement, call) => placement.providerTraits.get(view.uuid, call)),
  ]);
  const generation = inventory.resource_provider_generation;
  if (generation !== trait.resource_provider_generation)
    throw new PlacementError(
      'placement.concurrent_update',
      `provider "${view.name}" was changed while it was read: its inventory is of generation ${generation}, its ` +
        `traits of ${trait.resource_provider_generation}`,
    );
  run.traits.learn(trait.traits);
  const contents = { inventories: inventory.inventories, traits: trait.traits };
  const known = { ...view, generation, contents };
  run.views.set(view.uuid, known);
  return known;
}

/** Reads a provider; when somebody is writing it, it is left for its own convergence to read. */
export async function readCarefully(run: SyncRun, uuid: string): Promise<void> {
  const view = run.views.get(uuid);
  if (view === undefined) return;
  await readProvider(run, view).catch((error) => {
    if (!isPlacementError(error)) throw error;
  });
}
