import type { ProjectLimits } from '@cyborgjs/core';
import { fixedStatement } from './fixed-statement.ts';
import { cutPage, rowsFor } from './page.ts';
import type { QuotaReads } from './quota.ts';
import type { Session } from './session.ts';

/** Reads of quotas. */
export function quotaReads(session: Session): QuotaReads {
  const { db } = session;

  async function limitsByProject(projectIds: readonly string[]) {
    const { rows } = await limitsOfProjects(session, projectIds);
    return Map.groupBy(rows, (row) => row.project_id);
  }

  return {
    async list(query = {}) {
      let select = db
        .selectFrom('quota')
        .select('project_id')
        .distinct()
        .where('most', 'is not', null)
        .orderBy('project_id')
        .limit(rowsFor(query));
      if (query.marker !== undefined) select = select.where('project_id', '>', query.marker);
      const { items, next } = cutPage(await select.execute(), query, (row) => row.project_id);
      const projectIds = items.map((row) => row.project_id);
      const found = await limitsByProject(projectIds);
      return {
        items: projectIds.map((projectId) => ({ projectId, limits: limitsIn(found.get(projectId) ?? []) })),
        next,
      };
    },

    async limitsOf(projectId) {
      return limitsIn((await limitsByProject([projectId])).get(projectId) ?? []);
    },

    async usedBy(projectId) {
      const rows = await db
        .selectFrom('accelerator_request')
        .select((eb) => ['resource_class', eb.fn.countAll<number>().as('requests')])
        .where('project_id', '=', projectId)
        .groupBy('resource_class')
        .execute();
      return rows.map((row) => ({ resourceClass: row.resource_class, count: Number(row.requests) }));
    },
  };
}

const limitsOfProjects = fixedStatement(({ db }, projectIds: readonly string[]) =>
  db
    .selectFrom('quota')
    .select(['project_id', 'resource_class', 'most'])
    .where('most', 'is not', null)
    .where('project_id', 'in', projectIds)
    .orderBy('resource_class'),
);

/** The limits of one project, by class. */
export function limitsIn(
  rows: readonly { readonly resource_class: string | null; readonly most: number | null }[],
): ProjectLimits['limits'] {
  return Object.fromEntries(
    rows.flatMap(({ resource_class, most }) =>
      resource_class === null || most === null ? [] : [[resource_class, most]],
    ),
  );
}
