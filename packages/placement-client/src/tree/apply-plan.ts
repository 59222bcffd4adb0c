import type { Placement } from '../placement.ts';
import type { TreeSyncResult } from './desired-tree.ts';
import type { ProviderTreePlan } from './diff-tree.ts';
import { createTreeSync, type TreeSyncOptions } from './tree-sync.ts';

/**
 * Does what a plan says. What the plan was made from is not read again where it still has its generation; where
 * somebody has written since, that is read and merged, so that the wish of the plan is reached all the same. Killed at
 * any request, another plan goes on from there.
 *
 * @throws as `TreeSync.sync` does
 */
export function applyPlan(
  placement: Placement,
  { actual, desired }: ProviderTreePlan,
  options: Omit<TreeSyncOptions, 'known'> & { readonly signal?: AbortSignal } = {},
): Promise<TreeSyncResult> {
  const { signal, ...rest } = options;
  const sync = createTreeSync(placement, { ...rest, known: actual });
  return sync.sync(desired, signal === undefined ? {} : { signal });
}
