import type { AuditWrites, NewAuditRecord } from './audit.ts';
import { inChunks } from './chunks.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import type { TransactionSession } from './session.ts';

/** Writes of the records of changes. */
export function auditWrites(session: TransactionSession): AuditWrites {
  const { db, now } = session;
  const add = async (record: NewAuditRecord) => addRow.send(session, toRow(record, now()));
  return {
    add,

    async put(record) {
      const { status, outcome, errorCode } = record;
      const { numUpdatedRows } = await db
        .updateTable('audit')
        .set({ status, outcome, error_code: errorCode })
        .where('request_id', '=', record.requestId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) await add(record);
    },

    async remove(numbers) {
      await inChunks(numbers, (chunk) => db.deleteFrom('audit').where('number', 'in', chunk).execute());
    },
  };
}

const addRow = insertIfAbsent('audit');

function toRow(record: NewAuditRecord, at: number) {
  return {
    request_id: record.requestId,
    global_request_id: record.globalRequestId,
    at,
    user_id: record.userId,
    project_id: record.projectId,
    roles: JSON.stringify(record.roles),
    service_user_id: record.serviceUserId,
    method: record.method,
    route: record.route,
    target: record.target,
    outcome: record.outcome,
    status: record.status,
    error_code: record.errorCode,
  };
}
