import type { AuditOutcome, AuditRecord } from '@cyborgjs/core';
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { AuditReads } from './audit.ts';
import { isoTime, parseColumn } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { AuditTable } from './tables.ts';

const Roles = z.array(z.string());

/** Reads of the records of changes. */
export function auditReads({ db }: Session): AuditReads {
  async function numberOf(marker: string): Promise<number> {
    const row = await db
      .selectFrom('audit')
      .select('number')
      .where('request_id', '=', marker)
      .executeTakeFirst();
    if (row === undefined) throw unknownMarker('request', marker);
    return row.number;
  }

  return {
    async list(query = {}) {
      let select = db.selectFrom('audit').selectAll().orderBy('number', 'desc').limit(rowsFor(query));
      if (query.userId !== undefined) select = select.where('user_id', '=', query.userId);
      if (query.projectId !== undefined) select = select.where('project_id', '=', query.projectId);
      if (query.outcome !== undefined) select = select.where('outcome', '=', query.outcome);
      if (query.since !== undefined) select = select.where('at', '>=', query.since);
      if (query.until !== undefined) select = select.where('at', '<', query.until);
      if (query.target !== undefined) {
        const pattern = `%${query.target.replace(/[!%_]/g, '!$&')}%`;
        select = select.where(sql<boolean>`target like ${pattern} escape '!'`);
      }
      if (query.marker !== undefined) select = select.where('number', '<', await numberOf(query.marker));
      const { items, next } = cutPage(await select.execute(), query, (row) => row.request_id);
      return { items: items.map(toAuditRecord), next };
    },

    async listStale({ before, keep, limit }) {
      const [edge] = await db
        .selectFrom('audit')
        .select('number')
        .orderBy('number', 'desc')
        .limit(1)
        .offset(keep)
        .execute();
      const rows = await db
        .selectFrom('audit')
        .select('number')
        .where((eb) => eb.or([eb('at', '<', before), eb('number', '<=', edge?.number ?? 0)]))
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map((row) => row.number);
    },
  };
}

function toAuditRecord(row: Selectable<AuditTable>): AuditRecord {
  return {
    requestId: row.request_id,
    globalRequestId: row.global_request_id,
    at: isoTime(row.at),
    userId: row.user_id,
    projectId: row.project_id,
    roles: parseColumn(Roles, row.roles, 'audit.roles'),
    serviceUserId: row.service_user_id,
    method: row.method,
    route: row.route,
    target: row.target,
    outcome: row.outcome as AuditOutcome,
    status: row.status,
    errorCode: row.error_code,
  };
}
