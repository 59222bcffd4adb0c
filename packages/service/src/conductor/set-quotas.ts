import type { ConductorContext, SetQuotasRequest } from './conductor.ts';

/** Sets limits of a project's own, all of them or none; those that are not named stay. */
export function setQuotas(
  { projectId, limits, requestedBy }: SetQuotasRequest,
  { store }: ConductorContext,
): Promise<void> {
  return store.transaction(async ({ quotas, events }) => {
    // In the order in which they are held everywhere.
    for (const resourceClass of Object.keys(limits).sort())
      await quotas.set(projectId, resourceClass, limits[resourceClass] ?? null);
    events.add({ type: 'quota.changed', subject: projectId, host: null, data: { limits, requestedBy } });
  });
}
