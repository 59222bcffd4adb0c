import type { AcceleratorRequestWrites } from './accelerator-request.ts';
import { inChunks } from './chunks.ts';
import type { TransactionSession } from './session.ts';

/** Writes of accelerator requests. */
export function acceleratorRequestWrites({ db, now }: TransactionSession): AcceleratorRequestWrites {
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
      await inChunks(rows, (chunk) => db.insertInto('accelerator_request').values(chunk).execute());
    },

    async hold({ projectId, instanceId, operationId, ids }) {
      let update = db
        .updateTable('accelerator_request')
        .set((eb) => ({ lock_counter: eb('lock_counter', '+', 1) }));
      if (projectId !== undefined) update = update.where('project_id', '=', projectId);
      if (instanceId !== undefined) update = update.where('instance_id', '=', instanceId);
      if (operationId !== undefined) update = update.where('operation_id', '=', operationId);
      if (ids !== undefined) update = update.where('id', 'in', [...ids]);
      await update.execute();
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
      await inChunks(ids, (chunk) =>
        db.updateTable('accelerator_request').set(values).where('id', 'in', chunk).execute(),
      );
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('accelerator_request').where('id', 'in', chunk).execute());
    },
  };
}
