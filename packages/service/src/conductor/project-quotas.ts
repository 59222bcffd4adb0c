import { allResourceClasses, type ProjectQuotas, type Quota, QuotaClass } from '@cyborgjs/core';
import type { ConductorContext } from './conductor.ts';
import { usedOf } from './require-quota.ts';

/** How a project stands with every resource class that is limited or used. */
export async function projectQuotas(
  projectId: string,
  { store, settings }: ConductorContext,
): Promise<ProjectQuotas> {
  const own = await store.quotas.limitsOf(projectId);
  const counts = await store.quotas.usedBy(projectId);
  const used = counts.flatMap(({ resourceClass }) => resourceClass ?? []);
  const classes = new Set([
    allResourceClasses,
    ...Object.keys(own),
    ...Object.keys(settings.quotas),
    ...used,
  ]);
  const quotas = [...classes].sort().flatMap((text): Quota[] => {
    const resourceClass = QuotaClass.safeParse(text).data;
    if (resourceClass === undefined) return [];
    return [
      {
        resourceClass,
        limit: own[text] ?? settings.quotas[text] ?? -1,
        source: own[text] === undefined ? 'configuration' : 'project',
        used: usedOf(counts, text),
      },
    ];
  });
  return { projectId, quotas };
}
