import { inChunks } from './chunks.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import type { NewOperation, OperationWrites } from './operation.ts';
import type { TransactionSession } from './session.ts';

/** Writes of operations. */
export function operationWrites(session: TransactionSession): OperationWrites {
  const { db, now } = session;
  return {
    async insert(operation) {
      await db.insertInto('operation').values(toRow(operation, now())).execute();
    },

    async update(id, changes) {
      const values = {
        state: changes.state,
        progress: changes.progress,
        note: changes.note,
        attempts: changes.attempts,
        error: changes.error && JSON.stringify(changes.error),
        ended_at: changes.endedAt,
        deadline_at: changes.deadlineAt,
        next_attempt_at: changes.nextAttemptAt,
        cancel_requested_at: changes.cancelRequestedAt,
        updated_at: now(),
      };
      await db
        .updateTable('operation')
        .set(values)
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },

    async noteAttempt(id, { attempt, outcome, error, done, plan }) {
      await addAttempt(session, {
        operation_id: id,
        attempt,
        outcome,
        error: error && JSON.stringify(error),
        done: JSON.stringify(done),
        plan: plan && JSON.stringify(plan),
        ended_at: now(),
      });
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('operation').where('id', 'in', chunk).execute());
    },
  };
}

const addAttempt = insertIfAbsent('operation_attempt');

function toRow(operation: NewOperation, createdAt: number) {
  return {
    id: operation.id,
    verb: operation.verb,
    state: 'pending',
    host: operation.host,
    driver: operation.driver,
    device_id: operation.deviceId,
    target: operation.target && JSON.stringify(operation.target),
    arguments: JSON.stringify(operation.arguments),
    progress: null,
    note: null,
    attempts: 1,
    error: null,
    requested_by: operation.requestedBy,
    idempotency_key: operation.idempotencyKey,
    version: 1,
    created_at: createdAt,
    updated_at: null,
    ended_at: null,
    deadline_at: operation.deadlineAt,
    next_attempt_at: operation.nextAttemptAt,
    cancel_requested_at: null,
  };
}
