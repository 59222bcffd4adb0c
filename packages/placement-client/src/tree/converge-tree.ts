import { convergeProvider } from './converge-provider.ts';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';
import type { ProviderTarget } from './plan-provider.ts';
import { levelsOf } from './plan-tree.ts';
import type { KnownView } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

interface TreeConvergence {
  readonly rootUuid: string;
  readonly targetOf: (desired: DesiredProvider, view: KnownView) => ProviderTarget;
}

/** Brings every provider of a tree that has not failed yet to its target, parents before their children. */
export async function convergeTree(
  run: SyncRun,
  tree: DesiredTree,
  { rootUuid, targetOf }: TreeConvergence,
): Promise<void> {
  for (const level of levelsOf(tree.providers.filter(({ uuid }) => !run.tally.failures.has(uuid))))
    await run.forEach(level, (desired) =>
      convergeProvider(run, {
        uuid: desired.uuid,
        name: desired.name,
        target: (view) => targetOf(desired, view),
        create: { desired, parentUuid: desired.parentUuid ?? rootUuid },
      }),
    );
}
