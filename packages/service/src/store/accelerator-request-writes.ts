import type { Insertable, Updateable } from 'kysely';
import type { AcceleratorRequestQuery, AcceleratorRequestWrites } from './accelerator-request.ts';
import { isAsked } from './accelerator-request-reads.ts';
import { inChunks } from './chunks.ts';
import { fixedStatement } from './fixed-statement.ts';
import type { TransactionSession } from './session.ts';
import type { AcceleratorRequestTable } from './tables.ts';

/** Writes of accelerator requests. */
export function acceleratorRequestWrites(session: TransactionSession): AcceleratorRequestWrites {
  const { now } = session;
  return {
    async insert(requests) {
      const rows = requests.map((request) => ({
        id: request.id,
        project_id: request.projectId,
        state: 'Initial',
        device_profile_id: request.deviceProfileId,
        group_index: request.groupIndex,
        resource_class: request.resourceClass,
        host: null,
        provider_id: null,
        instance_id: null,
        operation_id: null,
        failure: null,
        lock_counter: 0,
        created_at: now(),
        updated_at: null,
      }));
      await inChunks(rows, async (chunk) => (await insertRows(session, chunk)).rows);
    },

    async hold(query) {
      await raiseLocks(session, query);
    },

    async update(ids, changes) {
      const values = {
        project_id: changes.projectId,
        state: changes.state,
        host: changes.host,
        provider_id: changes.providerId,
        instance_id: changes.instanceId,
        operation_id: changes.operationId,
        failure: changes.failure,
        updated_at: now(),
      };
      await inChunks(ids, async (chunk) => (await updateRows(session, chunk, values)).rows);
    },

    async remove(ids) {
      await inChunks(ids, async (chunk) => (await removeRows(session, chunk)).rows);
    },
  };
}

const insertRows = fixedStatement(({ db }, rows: readonly Insertable<AcceleratorRequestTable>[]) =>
  db.insertInto('accelerator_request').values(rows),
);

const raiseLocks = fixedStatement(({ db }, query: AcceleratorRequestQuery) =>
  db
    .updateTable('accelerator_request')
    .set((eb) => ({ lock_counter: eb('lock_counter', '+', 1) }))
    .where(isAsked(query)),
);

const updateRows = fixedStatement(
  ({ db }, ids: readonly string[], values: Updateable<AcceleratorRequestTable>) =>
    db.updateTable('accelerator_request').set(values).where('id', 'in', ids),
);

const removeRows = fixedStatement(({ db }, ids: readonly string[]) =>
  db.deleteFrom('accelerator_request').where('id', 'in', ids),
);
