import { isPlacementError } from '../placement-error.ts';
import { convergeProvider } from './converge-provider.ts';
import type { RetainedReason } from './desired-tree.ts';
import { closedTargetOf } from './plan-provider.ts';
import type { ProviderView } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Deletes providers, children before their parents. What cannot go, because somebody has something of it or because
 * a child stays, is closed for new consumers and noted as retained.
 */
export async function removeProviders(run: SyncRun, doomed: readonly ProviderView[]): Promise<void> {
  const removals = new Map<string, Promise<boolean>>();
  const byUuid = new Map(doomed.map((view) => [view.uuid, view]));

  /** Whether the provider is gone. */
  function remove(view: ProviderView): Promise<boolean> {
    const known = removals.get(view.uuid);
    if (known !== undefined) return known;
    const removal = removeAfterChildren(view);
    removals.set(view.uuid, removal);
    return removal;
  }

  async function removeAfterChildren(view: ProviderView): Promise<boolean> {
    const children = [...run.views.values()].filter(({ parentUuid }) => parentUuid === view.uuid);
    const gone = await Promise.all(
      children.map((child) => {
        const doomedChild = byUuid.get(child.uuid);
        return doomedChild === undefined ? false : remove(doomedChild);
      }),
    );
    const refusal = gone.includes(false) ? 'has-children' : await tryDelete(run, view.uuid);
    if (refusal === undefined) return true;
    await retain(run, view, refusal);
    return false;
  }

  await run.forEach(doomed, remove);
}

/** Deletes a provider, or says why that is impossible. */
async function tryDelete(run: SyncRun, uuid: string): Promise<RetainedReason | undefined> {
  try {
    await run.ask((placement, call) => placement.resourceProviders.delete(uuid, call));
  } catch (error) {
    if (isPlacementError(error, 'placement.resource_provider.inuse')) return 'in-use';
    if (isPlacementError(error, 'placement.resource_provider.cannot_delete_parent')) return 'has-children';
    if (!isPlacementError(error, 'placement.not_found')) throw error;
  }
  run.views.delete(uuid);
  run.tally.deleted.add(uuid);
  return undefined;
}

async function retain(run: SyncRun, { uuid, name }: ProviderView, reason: RetainedReason): Promise<void> {
  run.tally.retained.set(uuid, { uuid, name, reason });
  await convergeProvider(run, { uuid, name, target: closedTargetOf });
}
