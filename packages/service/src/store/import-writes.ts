import type { Insertable } from 'kysely';
import { inChunks } from './chunks.ts';
import { toDeviceRow } from './device-writes.ts';
import type {
  ImportedAttribute,
  ImportedDeployable,
  ImportedDevice,
  ImportedHandle,
  ImportedProfile,
  ImportedRequest,
  ImportWrites,
} from './imported.ts';
import type { TransactionSession } from './session.ts';
import type { Tables } from './tables.ts';

/** Writes of what is imported. */
export function importWrites({ db, now }: TransactionSession): ImportWrites {
  async function insert<Table extends keyof Tables>(
    table: Table,
    rows: readonly Insertable<Tables[Table]>[],
  ) {
    await inChunks(rows, (chunk) => db.insertInto(table).values(chunk).execute());
  }
  return {
    async add({ devices, deployables, attributes, handles, profiles, requests, sources }) {
      await insert('device', devices.map(toImportedDeviceRow));
      await insert('deployable', deployables.map(toDeployableRow));
      await insert('attribute', attributes.map(toAttributeRow));
      await insert('attach_handle', handles.map(toHandleRow));
      await insert('device_profile', profiles.map(toProfileRow));
      await insert('accelerator_request', requests.map(toRequestRow));
      const rows = sources.map(({ table, key }) => ({ source_table: table, source_key: key, at: now() }));
      await insert('imported_row', rows);
    },
  };
}

interface Times {
  readonly createdAt: number;
  readonly updatedAt: number | null;
}

const timesOf = ({ createdAt, updatedAt }: Times) => ({ created_at: createdAt, updated_at: updatedAt });

const toImportedDeviceRow = (device: ImportedDevice) => ({
  ...toDeviceRow(device, device.createdAt),
  updated_at: device.updatedAt,
});

const toDeployableRow = (deployable: ImportedDeployable) => ({
  id: deployable.id,
  device_id: deployable.deviceId,
  name: deployable.name,
  resource_class: deployable.resourceClass,
  traits: JSON.stringify(deployable.traits),
  total: deployable.total,
  present: 1,
  provider_id: deployable.providerId,
  ...timesOf(deployable),
});

const toAttributeRow = ({ id, deployableId, key, value, ...times }: ImportedAttribute) => ({
  id,
  deployable_id: deployableId,
  key,
  value,
  ...timesOf(times),
});

const toHandleRow = (handle: ImportedHandle) => ({
  id: handle.uuid,
  deployable_id: handle.deployableId,
  handle: handle.id,
  type: handle.type,
  info: JSON.stringify(handle.info),
  present: 1,
  holder_kind: handle.holder?.kind ?? null,
  holder_id: handle.holder?.id ?? null,
  created_at: handle.createdAt,
});

const toProfileRow = ({ id, name, description, groups, ...times }: ImportedProfile) => ({
  id,
  name,
  description,
  groups: JSON.stringify(groups),
  ...timesOf(times),
});

const toRequestRow = (request: ImportedRequest) => ({
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
  ...timesOf(request),
});
