import { inChunks } from './chunks.ts';
import { toDeviceRow } from './device-writes.ts';
import type { ImportedRequest, ImportWrites } from './imported.ts';
import type { TransactionSession } from './session.ts';

/** Writes of what is imported. */
export function importWrites({ db, now }: TransactionSession): ImportWrites {
  return {
    async add({ devices, deployables, attributes, handles, profiles, requests, sources }) {
      await inChunks(
        devices.map((device) => ({
          ...toDeviceRow(device, device.createdAt),
          updated_at: device.updatedAt,
        })),
        (chunk) => db.insertInto('device').values(chunk).execute(),
      );
      await inChunks(
        deployables.map((deployable) => ({
          id: deployable.id,
          device_id: deployable.deviceId,
          name: deployable.name,
          resource_class: deployable.resourceClass,
          traits: JSON.stringify(deployable.traits),
          total: deployable.total,
          present: 1,
          provider_id: deployable.providerId,
          ...timesOf(deployable),
        })),
        (chunk) => db.insertInto('deployable').values(chunk).execute(),
      );
      await inChunks(
        attributes.map(({ id, deployableId, key, value, ...times }) => ({
          id,
          deployable_id: deployableId,
          key,
          value,
          ...timesOf(times),
        })),
        (chunk) => db.insertInto('attribute').values(chunk).execute(),
      );
      await inChunks(
        handles.map((handle) => ({
          id: handle.uuid,
          deployable_id: handle.deployableId,
          handle: handle.id,
          type: handle.type,
          info: JSON.stringify(handle.info),
          present: 1,
          holder_kind: handle.holder?.kind ?? null,
          holder_id: handle.holder?.id ?? null,
          created_at: handle.createdAt,
        })),
        (chunk) => db.insertInto('attach_handle').values(chunk).execute(),
      );
      await inChunks(
        profiles.map(({ id, name, description, groups, ...times }) => ({
          id,
          name,
          description,
          groups: JSON.stringify(groups),
          ...timesOf(times),
        })),
        (chunk) => db.insertInto('device_profile').values(chunk).execute(),
      );
      await inChunks(requests.map(toRequestRow), (chunk) =>
        db.insertInto('accelerator_request').values(chunk).execute(),
      );
      await inChunks(
        sources.map(({ table, key }) => ({ source_table: table, source_key: key, at: now() })),
        (chunk) => db.insertInto('imported_row').values(chunk).execute(),
      );
    },
  };
}

interface Times {
  readonly createdAt: number;
  readonly updatedAt: number | null;
}

const timesOf = ({ createdAt, updatedAt }: Times) => ({ created_at: createdAt, updated_at: updatedAt });

function toRequestRow(request: ImportedRequest) {
  return {
    id: request.id,
    project_id: request.projectId,
    state: request.state,
    device_profile_id: request.deviceProfileId,
    group_index: request.groupIndex,
    resource_class: request.resourceClass,
    host: request.host,
    provider_id: request.providerId,
    instance_id: request.instanceId,
    operation_id: null,
    failure: request.failure,
    lock_counter: 0,
    ...timesOf(request),
  };
}
