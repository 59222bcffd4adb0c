import { isOpenStackError } from '@cyborgjs/openstack-session';
import { isPlacementError } from '../placement-error.ts';
import { convergeTree } from './converge-tree.ts';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';
import { observeTree } from './find-root.ts';
import {
  changed,
  changeOf,
  type MergeRules,
  opensNothing,
  type ProviderTarget,
  targetOf,
} from './plan-provider.ts';
import { isKnown, type KnownView } from './provider-view.ts';
import { readCarefully } from './read-provider.ts';
import type { SyncRun } from './sync-run.ts';
import { noteWrite } from './write-provider.ts';

/** A provider whose inventory one request to the reshaper will replace. */
interface BulkWrite {
  readonly view: KnownView;
  readonly target: ProviderTarget;
}

/**
 * Writes the inventories of many providers at once, after their places and traits: PUT traits tells the generation
 * that it left, the reshaper does not. What it cannot do, or may not, is left as it was for one request each.
 * Inventory that only closes is not among it: that does not wait for the others.
 */
export async function writeInBulk(run: SyncRun, tree: DesiredTree, rules: MergeRules): Promise<void> {
  for (let attempt = 0; attempt < 2 && isWorthIt(run, tree, rules); attempt++) {
    if (attempt > 0) await readAgain(run, tree, rules.rootUuid);
    await convergeTree(run, tree, {
      rootUuid: rules.rootUuid,
      targetOf: (desired, view) => withoutOpening(view, targetOf(desired, view, rules)),
    });
    if (!isWorthIt(run, tree, rules) || (await reshape(run, bulkWrites(run, tree, rules)))) return;
    await run.backOff(attempt);
  }
}

function isWorthIt(run: SyncRun, tree: DesiredTree, rules: MergeRules): boolean {
  return run.bulk.isAllowed && bulkWrites(run, tree, rules).length >= run.bulk.threshold;
}

function bulkWrites(run: SyncRun, { providers }: DesiredTree, rules: MergeRules): BulkWrite[] {
  const writable = providers.filter(({ uuid }) => !run.tally.failures.has(uuid));
  return writable.flatMap((desired: DesiredProvider) => {
    const view = run.views.get(desired.uuid);
    if (view === undefined || !isKnown(view, desired)) return [];
    const target = targetOf(desired, view, rules);
    const isDue = changeOf(view, target).inventories !== undefined && !opensNothing(view, target);
    return isDue ? [{ view, target }] : [];
  });
}

/** The same target, save that inventory which gives out something new is left for later. */
function withoutOpening(view: KnownView, target: ProviderTarget): ProviderTarget {
  return opensNothing(view, target) ? target : { ...target, inventories: view.contents.inventories };
}

/** Whether there is nothing to be tried again: it was done, or must be done one by one. */
async function reshape(run: SyncRun, writes: readonly BulkWrite[]): Promise<boolean> {
  const inventories = Object.fromEntries(
    writes.map(({ view: { uuid, generation }, target }) => [
      uuid,
      { resource_provider_generation: generation, inventories: target.inventories },
    ]),
  );
  try {
    await run.ask((placement, call) => placement.reshaper.post({ inventories, allocations: {} }, call));
  } catch (error) {
    if (isForbidden(error)) run.bulk.isAllowed = false;
    else if (!isPlacementError(error)) throw error;
    if (!isPlacementError(error, 'placement.concurrent_update')) return true;
    run.tally.conflicts += 1;
    return false;
  }
  // Placement raises the generation twice for a provider whose new inventory is not empty, and does not tell. Should
  // another version count otherwise, the next listing shows it, and the provider is read.
  for (const { view, target } of writes)
    noteWrite(run, {
      ...changed(view, { inventories: target.inventories }),
      generation: view.generation + 2,
    });
  return true;
}

function isForbidden(error: unknown): boolean {
  if (isPlacementError(error, 'placement.microversion_unsupported')) return true;
  return isOpenStackError(error) && error.status === 403;
}

/** After somebody else was faster with one of them, nobody knows which: lists the tree, and reads what has changed. */
async function readAgain(run: SyncRun, tree: DesiredTree, rootUuid: string): Promise<void> {
  await observeTree(run, rootUuid);
  const stale = tree.providers.filter((desired) => {
    const view = run.views.get(desired.uuid);
    return view !== undefined && !isKnown(view, desired);
  });
  await run.forEach(stale, (desired) => readCarefully(run, desired));
}
