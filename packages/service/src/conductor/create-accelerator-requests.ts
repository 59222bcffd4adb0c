import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { ConductorContext, CreateRequestsRequest } from './conductor.ts';
import { requestedAccelerators } from './requested-accelerators.ts';

/** Stores the requests of one device profile. Throws `store.conflict` when the profile has gone meanwhile. */
export function createAcceleratorRequests(
  { profile, projectId, requestedBy }: CreateRequestsRequest,
  { store, newId }: ConductorContext,
): Promise<readonly StoredAcceleratorRequest[]> {
  return store.transaction(async ({ acceleratorRequests, events }) => {
    const wanted = requestedAccelerators(profile.groups).map((accelerator) => ({
      ...accelerator,
      id: newId(),
      projectId,
      deviceProfileId: profile.id,
    }));
    if (wanted.length === 0) return [];
    await acceleratorRequests.insert(wanted);
    for (const { id, groupIndex } of wanted)
      events.add({
        type: 'accelerator_request.created',
        subject: id,
        host: null,
        data: { profile: profile.name, group: groupIndex, project: projectId, requestedBy },
      });
    return acceleratorRequests.list({ ids: wanted.map(({ id }) => id) });
  });
}
