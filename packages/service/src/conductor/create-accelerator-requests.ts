import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { ConductorContext, CreateRequestsRequest } from './conductor.ts';
import { requestedAccelerators } from './requested-accelerators.ts';
import { requireQuota } from './require-quota.ts';

/**
 * Stores the requests of one device profile. Throws `quota.exceeded`, and `store.conflict` when the profile has gone
 * meanwhile.
 */
export function createAcceleratorRequests(
  { profile, projectId, requestedBy }: CreateRequestsRequest,
  context: ConductorContext,
): Promise<readonly StoredAcceleratorRequest[]> {
  const { store, newId } = context;
  return store.transaction(async (transaction) => {
    const { acceleratorRequests, events } = transaction;
    const wanted = requestedAccelerators(profile.groups).map((accelerator) => ({
      ...accelerator,
      id: newId(),
      projectId,
      deviceProfileId: profile.id,
      deviceProfileName: profile.name,
    }));
    if (wanted.length === 0) return [];
    const resourceClasses = wanted.map(({ resourceClass }) => resourceClass);
    await requireQuota(transaction, { projectId, resourceClasses }, context);
    const made = await acceleratorRequests.insert(wanted);
    for (const { id, groupIndex } of wanted)
      events.add({
        type: 'accelerator_request.created',
        subject: id,
        host: null,
        data: { profile: profile.name, group: groupIndex, project: projectId, requestedBy },
      });
    return made;
  });
}
