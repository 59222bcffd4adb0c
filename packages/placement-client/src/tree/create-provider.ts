import { isPlacementError } from '../placement-error.ts';
import type { NewResourceProvider, ResourceProvider } from '../resource-providers.ts';
import { nameConflict } from './name-conflict.ts';
import { type ProviderView, viewOf } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Makes a provider, or adopts the one that has its uuid already: made by an attempt whose answer was lost, by an
 * earlier life of ours, or in another tree.
 *
 * @throws PlacementError `placement.name_conflict`
 */
export async function createProvider(run: SyncRun, provider: NewResourceProvider): Promise<ProviderView> {
  try {
    const made = await run.ask((placement, call) => placement.resourceProviders.create(provider, call));
    run.tally.created.add(made.uuid);
    return remember(run, { ...viewOf(made), contents: { inventories: {}, traits: [], aggregates: [] } });
  } catch (error) {
    if (!isPlacementError(error, 'placement.duplicate_name')) throw error;
    const existing = await find(run, provider.uuid);
    if (existing === undefined) throw await nameConflict(run, provider, error);
    run.tally.adopted.add(existing.uuid);
    return remember(run, viewOf(existing));
  }
}

/**
 * As `createProvider`; when the name was somebody else's for a moment only, it is tried again after a while, a bounded
 * number of times.
 *
 * @throws PlacementError `placement.name_conflict`, `placement.concurrent_update` when it never ends
 */
export async function createUncontested(run: SyncRun, provider: NewResourceProvider): Promise<ProviderView> {
  for (let conflict = 0; ; conflict++) {
    try {
      return await createProvider(run, provider);
    } catch (error) {
      const isContested = isPlacementError(error, 'placement.concurrent_update');
      if (!isContested || conflict >= run.conflictRetries) throw error;
      run.tally.conflicts += 1;
      await run.backOff(conflict);
    }
  }
}

async function find(run: SyncRun, uuid: string): Promise<ResourceProvider | undefined> {
  try {
    return await run.ask((placement, call) => placement.resourceProviders.get(uuid, call));
  } catch (error) {
    if (isPlacementError(error, 'placement.not_found')) return undefined;
    throw error;
  }
}

function remember(run: SyncRun, view: ProviderView): ProviderView {
  run.views.set(view.uuid, view);
  return view;
}
