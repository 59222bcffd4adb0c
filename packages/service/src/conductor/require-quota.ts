import { allResourceClasses, CyborgError, type ProjectLimits } from '@cyborgjs/core';
import type { RequestCount } from '../store/quota.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

/** Accelerators that a project asks for, by resource class. */
export interface WantedRequests {
  readonly projectId: string;
  readonly resourceClasses: readonly string[];
  /** The limits that the project has of its own. */
  readonly ownLimits: ProjectLimits['limits'];
}

/** A limit that is in force, and how much is asked for under it. */
interface Demand {
  readonly resourceClass: string;
  readonly limit: number;
  readonly asked: number;
}

/**
 * Throws `quota.exceeded` when the project would have more requests than it may. Where something is limited, its quota
 * is held before the requests are counted: others that ask at the same moment, from any process, wait for this
 * transaction. Where nothing is, nobody waits for anybody.
 */
export async function requireQuota(
  { quotas }: StoreTransaction,
  { projectId, resourceClasses, ownLimits }: WantedRequests,
  { settings }: Pick<ConductorContext, 'settings'>,
): Promise<void> {
  const demands = demandsOf(resourceClasses, { ...settings.quotas, ...ownLimits });
  if (demands.length === 0) return;
  await quotas.hold(
    projectId,
    demands.map(({ resourceClass }) => resourceClass),
  );
  const counts = await quotas.usedBy(projectId);
  for (const demand of demands) {
    const used = usedOf(counts, demand.resourceClass);
    if (used + demand.asked > demand.limit) throw exceeded(projectId, { ...demand, used });
  }
}

/** How many of a class are used, or of all. */
export function usedOf(counts: readonly RequestCount[], resourceClass: string): number {
  return counts
    .filter((one) => resourceClass === allResourceClasses || one.resourceClass === resourceClass)
    .reduce((sum, { count }) => sum + count, 0);
}

function demandsOf(
  resourceClasses: readonly string[],
  limits: Readonly<Record<string, number | undefined>>,
): Demand[] {
  const asked = new Map<string, number>([[allResourceClasses, resourceClasses.length]]);
  for (const one of resourceClasses) asked.set(one, (asked.get(one) ?? 0) + 1);
  return [...asked].flatMap(([resourceClass, count]) => {
    const limit = limits[resourceClass];
    const isLimited = limit !== undefined && limit >= 0 && count > 0;
    return isLimited ? [{ resourceClass, limit, asked: count }] : [];
  });
}

function exceeded(
  project: string,
  { resourceClass, limit, asked, used }: Demand & { readonly used: number },
): CyborgError {
  const what =
    resourceClass === allResourceClasses ? 'accelerators' : `accelerators of class ${resourceClass}`;
  return new CyborgError(
    'quota.exceeded',
    `Quota exceeded for ${what} in project ${project}: limit ${limit}, used ${used}, asked ${asked}. ` +
      'Delete servers or accelerator requests that are not needed, or ask an administrator to raise it: ' +
      `cyborg quota set ${project} '${resourceClass}=${used + asked}'`,
    { details: { project, resourceClass, limit, used, asked } },
  );
}
