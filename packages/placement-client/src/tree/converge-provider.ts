import { isPlacementError, PlacementError } from '../placement-error.ts';
import { createProvider } from './create-provider.ts';
import type { DesiredProvider } from './desired-tree.ts';
import type { ProviderTarget } from './plan-provider.ts';
import { isKnown, type KnownView, type ProviderView } from './provider-view.ts';
import { readProvider } from './read-provider.ts';
import type { SyncRun } from './sync-run.ts';
import { writeProvider } from './write-provider.ts';

/** One provider, and what it shall be. */
export interface Convergence {
  readonly uuid: string;
  readonly name: string;
  /** What it shall be, given what it is; asked anew after every conflict. */
  readonly target: (view: KnownView) => ProviderTarget;
  /** Makes it again when somebody deleted it; without this a vanished provider is an error. */
  readonly create?: { readonly desired: DesiredProvider; readonly parentUuid: string };
}

/**
 * Brings one provider to its target. When others write to it at the same time it is read again, merged and tried
 * again after a while, a bounded number of times. A write of ours whose answer was lost looks like that too, and
 * then there is nothing left to write.
 *
 * @throws PlacementError `placement.conflict_persists`, and what else Placement refuses
 */
export async function convergeProvider(run: SyncRun, convergence: Convergence): Promise<KnownView> {
  for (let conflict = 0; ; conflict++) {
    try {
      return await attempt(run, convergence);
    } catch (error) {
      if (!isPlacementError(error)) throw error;
      const seen = run.views.get(convergence.uuid);
      if (conflict >= run.conflictRetries) throw persists(convergence, error, seen);
      if (!(await canTryAgain(run, convergence, error))) throw error;
      if (error.code === 'placement.concurrent_update') run.tally.conflicts += 1;
      await run.backOff(conflict);
    }
  }
}

async function attempt(run: SyncRun, { uuid, name, target, create }: Convergence): Promise<KnownView> {
  const view = run.views.get(uuid) ?? (await recreate(run, create, { uuid, name }));
  const wish = create?.desired;
  const known = isKnown(view, wish) ? view : await readProvider(run, view, wish);
  return writeProvider(run, known, target(known));
}

async function recreate(
  run: SyncRun,
  create: Convergence['create'],
  { uuid, name }: { uuid: string; name: string },
) {
  if (create === undefined) throw new PlacementError('placement.not_found', `provider "${name}" is gone`);
  return createProvider(run, { uuid, name, parent_provider_uuid: create.parentUuid });
}

/** Puts right what made an attempt fail; false when nothing can. */
async function canTryAgain(run: SyncRun, convergence: Convergence, error: PlacementError): Promise<boolean> {
  const { uuid, create } = convergence;
  const names = Array.isArray(error.details.names) ? error.details.names : [];
  switch (error.code) {
    case 'placement.concurrent_update':
      forgetContents(run, uuid);
      return true;
    case 'placement.not_found':
      run.views.delete(uuid);
      return create !== undefined;
    case 'placement.unknown_trait':
      await run.traits.verify(names.length > 0 ? names : (create?.desired.traits ?? []), run.ask);
      return true;
    case 'placement.unknown_resource_class': {
      const classes = Object.keys(create?.desired.inventories ?? {});
      run.classes.forget(classes);
      await run.classes.ensure(classes, run.ask);
      return names.every((name) => name.startsWith('CUSTOM_'));
    }
    default:
      return false;
  }
}

function forgetContents(run: SyncRun, uuid: string): void {
  const view = run.views.get(uuid);
  if (view !== undefined) run.views.set(uuid, { ...view, contents: undefined });
}

function persists(
  { uuid, name, target }: Convergence,
  cause: PlacementError,
  observed: ProviderView | undefined,
): PlacementError {
  if (cause.code !== 'placement.concurrent_update') return cause;
  const wanted = observed !== undefined && isKnown(observed) ? target(observed) : undefined;
  return new PlacementError(
    'placement.conflict_persists',
    `provider "${name}" (${uuid}) was changed by others every time that it was written; who else writes it?`,
    { details: { uuid, name, observed, wanted }, cause },
  );
}
