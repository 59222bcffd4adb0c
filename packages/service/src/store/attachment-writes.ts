import type { AttachmentWrites, NewAttachment } from './attachment.ts';
import { inChunks } from './chunks.ts';
import type { TransactionSession } from './session.ts';

/** Writes of attachments. */
export function attachmentWrites({ db, now }: TransactionSession): AttachmentWrites {
  return {
    async insert(attachment) {
      const row = toRow(attachment, now());
      await db.insertInto('attachment').values(row).execute();
    },

    async hold(id) {
      await db
        .updateTable('attachment')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },

    async update(id, changes) {
      const values = {
        state: changes.state,
        host: changes.host,
        device_id: changes.deviceId,
        deployable_id: changes.deployableId,
        refused: changes.refused && JSON.stringify(changes.refused),
        connection: changes.connection && JSON.stringify(changes.connection),
        operation_id: changes.operationId,
        failure: changes.failure,
        release: changes.release,
        claim: changes.claim,
        claim_due_at: changes.claimDueAt,
        claim_failures: changes.claimFailures,
        updated_at: now(),
      };
      await db
        .updateTable('attachment')
        .set(values)
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('attachment').where('id', 'in', chunk).execute());
    },
  };
}

function toRow({ id, projectId, consumer, wanted, ...rest }: NewAttachment, createdAt: number) {
  return {
    id,
    project_id: projectId,
    state: 'requested',
    consumer_type: consumer.type,
    consumer_id: consumer.id,
    wanted: JSON.stringify(wanted),
    host: rest.host,
    device_id: rest.deviceId,
    deployable_id: rest.deployableId,
    refused: '[]',
    connection: null,
    operation_id: null,
    failure: null,
    release: null,
    claim: rest.claim,
    claim_due_at: rest.claimDueAt,
    claim_failures: 0,
    requested_by: rest.requestedBy,
    idempotency_key: rest.idempotencyKey,
    version: 1,
    created_at: createdAt,
    updated_at: null,
  };
}
