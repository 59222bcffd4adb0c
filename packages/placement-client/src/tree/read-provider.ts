import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { DesiredProvider } from './desired-tree.ts';
import type { KnownView, ProviderView } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Reads what a provider holds, as far as that is not known: inventory and traits, and aggregates where they are
 * desired.
 *
 * @throws PlacementError `placement.concurrent_update` when somebody wrote between the parts,
 * `placement.not_found`
 */
export async function readProvider(
  run: SyncRun,
  view: ProviderView,
  desired?: Pick<DesiredProvider, 'aggregates'>,
): Promise<KnownView> {
  const { uuid, contents } = view;
  const askIf = async <T>(isDue: boolean, work: (placement: Placement, call: CallOptions) => Promise<T>) =>
    isDue ? run.ask(work) : undefined;
  const [inventory, trait, membership] = await Promise.all([
    askIf(contents === undefined, (placement, call) => placement.inventories.get(uuid, call)),
    askIf(contents === undefined, (placement, call) => placement.providerTraits.get(uuid, call)),
    askIf(desired?.aggregates !== undefined, (placement, call) => placement.aggregates.get(uuid, call)),
  ]);
  const generation = inventory?.resource_provider_generation ?? view.generation;
  // Below 1.19 aggregates belong to no generation.
  const others = [trait, membership].map((part) => part?.resource_provider_generation ?? generation);
  if (others.some((other) => other !== generation))
    throw new PlacementError(
      'placement.concurrent_update',
      `provider "${view.name}" was changed while it was read: one part is of generation ${generation}, others are of ` +
        others.join(' and '),
    );
  run.traits.learn(trait?.traits ?? []);
  const known = {
    ...view,
    generation,
    contents: {
      inventories: inventory?.inventories ?? contents?.inventories ?? {},
      traits: trait?.traits ?? contents?.traits ?? [],
      ...(membership && { aggregates: membership.aggregates }),
    },
  };
  run.views.set(uuid, known);
  return known;
}

/** Reads a desired provider; when somebody is writing it, it is left for its own convergence to read. */
export async function readCarefully(run: SyncRun, desired: DesiredProvider): Promise<void> {
  const view = run.views.get(desired.uuid);
  if (view === undefined) return;
  await readProvider(run, view, desired).catch((error) => {
    if (!isPlacementError(error)) throw error;
  });
}
