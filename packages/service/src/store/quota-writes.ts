import { insertIfAbsent } from './insert-if-absent.ts';
import type { QuotaWrites } from './quota.ts';
import type { TransactionSession } from './session.ts';

const addQuota = insertIfAbsent('quota');

/** Writes of quotas. */
export function quotaWrites(session: TransactionSession): QuotaWrites {
  const { db } = session;

  /** A write that holds the row until the end of the transaction; false when there is none. */
  async function hold(projectId: string, resourceClass: string): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('quota')
      .set((eb) => ({ lock_counter: eb('lock_counter', '+', 1) }))
      .where('project_id', '=', projectId)
      .where('resource_class', '=', resourceClass)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async function ensure(projectId: string, resourceClass: string): Promise<void> {
    if (await hold(projectId, resourceClass)) return;
    const row = { project_id: projectId, resource_class: resourceClass, most: null, lock_counter: 0 };
    await addQuota(session, row);
    await hold(projectId, resourceClass);
  }

  return {
    async hold(projectId, resourceClasses) {
      // Always in the same order: two that want the same rows wait for each other, and do not lock each other up.
      for (const resourceClass of [...new Set(resourceClasses)].sort())
        await ensure(projectId, resourceClass);
    },

    async set(projectId, resourceClass, limit) {
      await ensure(projectId, resourceClass);
      await db
        .updateTable('quota')
        .set({ most: limit })
        .where('project_id', '=', projectId)
        .where('resource_class', '=', resourceClass)
        .execute();
    },
  };
}
