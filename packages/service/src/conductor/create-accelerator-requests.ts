import { CyborgError } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { ConductorContext, CreateRequestsRequest } from './conductor.ts';
import { requestedAccelerators } from './requested-accelerators.ts';
import { requireQuota } from './require-quota.ts';

/**
 * Stores the requests of one device profile. Throws `device_profile.not_found`, `quota.exceeded`, and `store.conflict`
 * when the profile goes meanwhile.
 */
export function createAcceleratorRequests(
  { profileName, projectId, requestedBy }: CreateRequestsRequest,
  context: ConductorContext,
): Promise<readonly StoredAcceleratorRequest[]> {
  const { store, newId } = context;
  return store.transaction(async (transaction) => {
    const { acceleratorRequests, deviceProfiles, events } = transaction;
    const profile = await deviceProfiles.findForProject(profileName, projectId);
    if (profile === undefined)
      throw new CyborgError('device_profile.not_found', `Device Profile not found with name=${profileName}`);
    const wanted = requestedAccelerators(profile.groups).map((accelerator) => ({
      ...accelerator,
      id: newId(),
      projectId,
      deviceProfileId: profile.id,
      deviceProfileName: profile.name,
    }));
    if (wanted.length === 0) return [];
    const resourceClasses = wanted.map(({ resourceClass }) => resourceClass);
    await requireQuota(transaction, { projectId, resourceClasses, ownLimits: profile.ownLimits }, context);
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
