import { PlacementError } from '../placement-error.ts';
import type { SyncRun } from './sync-run.ts';

/** A provider that could not get its name. */
interface Unnamed {
  readonly uuid: string;
  readonly name: string;
}

/**
 * After Placement refused a name: the error that names who has it. When nobody has it any more, the answer is that
 * somebody was writing at the same time.
 */
export async function nameConflict(run: SyncRun, wanted: Unnamed, cause: unknown): Promise<PlacementError> {
  const { uuid, name } = wanted;
  const [owner] = await run.ask((placement, call) => placement.resourceProviders.list({ name }, call));
  if (owner === undefined || owner.uuid === uuid)
    return new PlacementError('placement.concurrent_update', `the name "${name}" was taken for a moment`, {
      cause,
    });
  return new PlacementError(
    'placement.name_conflict',
    `provider ${uuid} cannot be named "${name}": provider ${owner.uuid} has that name. If that one is left from ` +
      'before, delete it (placement cleanup) or take it for this one (placement adopt); otherwise rename one of the two.',
    { details: { name, uuid, ownerUuid: owner.uuid, ownerRootUuid: owner.root_provider_uuid }, cause },
  );
}
