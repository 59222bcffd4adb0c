import type { AcceleratorRequestState, AttachHandleType, Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import type {
  AcceleratorRequestQuery,
  AcceleratorRequestReads,
  StoredAcceleratorRequest,
} from './accelerator-request.ts';
import { toHandleInfo } from './deployable-row.ts';
import { fixedStatement } from './fixed-statement.ts';
import { isoTime, isoTimeOrNull } from './json-column.ts';
import type { Session } from './session.ts';
import type { AcceleratorRequestTable } from './tables.ts';

/** Reads of accelerator requests with the names of their profiles and what they hold. */
export function acceleratorRequestReads(session: Session): AcceleratorRequestReads {
  return {
    async list(query = {}) {
      const { projectId, instanceId, operationId, ids } = query;
      if (operationId === undefined && ids === undefined)
        return (await rowsWhere(session, { projectId, instanceId })).map(toStoredAcceleratorRequest);
      let select = requestRows(session);
      if (projectId !== undefined) select = select.where('accelerator_request.project_id', '=', projectId);
      if (instanceId !== undefined) select = select.where('accelerator_request.instance_id', '=', instanceId);
      if (operationId !== undefined)
        select = select.where('accelerator_request.operation_id', '=', operationId);
      if (ids !== undefined) select = select.where('accelerator_request.id', 'in', [...ids]);
      return (await select.execute()).map(toStoredAcceleratorRequest);
    },

    async find(id) {
      const [row] = await rowById(session, [id]);
      return row && toStoredAcceleratorRequest(row);
    },

    async listInstances(after, limit) {
      const rows = await session.db
        .selectFrom('accelerator_request')
        .select((eb) => [
          'instance_id',
          eb.fn.max(eb.fn.coalesce('updated_at', 'created_at')).as('quiet_since'),
        ])
        .where('instance_id', '>', after)
        .groupBy('instance_id')
        .orderBy('instance_id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ instanceId: row.instance_id ?? '', quietSince: Number(row.quiet_since) }));
    },

    async unboundSince(before, limit) {
      const rows = await session.db
        .selectFrom('accelerator_request')
        .select('id')
        .where('instance_id', 'is', null)
        .where((eb) => eb(eb.fn.coalesce('updated_at', 'created_at'), '<', before))
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id as Uuid);
    },
  };
}

interface RequestRow extends Selectable<AcceleratorRequestTable> {
  readonly profile_name: string;
  readonly handle_id: string | null;
  readonly handle_type: string | null;
  readonly handle_info: string | null;
}

function requestRows({ db }: Session) {
  return db
    .selectFrom('accelerator_request')
    .innerJoin('device_profile', 'device_profile.id', 'accelerator_request.device_profile_id')
    .leftJoin('attach_handle', (join) =>
      join
        .onRef('attach_handle.holder_id', '=', 'accelerator_request.id')
        .on('attach_handle.holder_kind', '=', 'accelerator_request'),
    )
    .selectAll('accelerator_request')
    .select([
      'device_profile.name as profile_name',
      'attach_handle.id as handle_id',
      'attach_handle.type as handle_type',
      'attach_handle.info as handle_info',
    ])
    .orderBy('accelerator_request.number');
}

const rowById = fixedStatement((session, id) =>
  requestRows(session).where('accelerator_request.id', '=', id),
);
const allRows = fixedStatement((session) => requestRows(session));
const rowsOfProject = fixedStatement((session, project) =>
  requestRows(session).where('accelerator_request.project_id', '=', project),
);
const rowsOfInstance = fixedStatement((session, instance) =>
  requestRows(session).where('accelerator_request.instance_id', '=', instance),
);
const rowsOfBoth = fixedStatement((session, project, instance) =>
  requestRows(session)
    .where('accelerator_request.project_id', '=', project)
    .where('accelerator_request.instance_id', '=', instance),
);

/** What Nova and users ask all the time, by statements that are built once. */
function rowsWhere(
  session: Session,
  { projectId, instanceId }: Pick<AcceleratorRequestQuery, 'projectId' | 'instanceId'>,
): Promise<RequestRow[]> {
  if (projectId == null)
    return instanceId === undefined ? allRows(session, []) : rowsOfInstance(session, [instanceId]);
  return instanceId === undefined
    ? rowsOfProject(session, [projectId])
    : rowsOfBoth(session, [projectId, instanceId]);
}

function toStoredAcceleratorRequest(row: RequestRow): StoredAcceleratorRequest {
  return {
    number: row.number,
    id: row.id as Uuid,
    projectId: row.project_id,
    state: row.state as AcceleratorRequestState,
    deviceProfileId: row.device_profile_id as Uuid,
    deviceProfileName: row.profile_name,
    groupIndex: row.group_index,
    resourceClass: row.resource_class,
    host: row.host,
    providerId: row.provider_id,
    instanceId: row.instance_id,
    operationId: row.operation_id as Uuid | null,
    failure: row.failure,
    handle: handleOf(row),
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}

function handleOf({ handle_id, handle_type, handle_info }: RequestRow): StoredAcceleratorRequest['handle'] {
  if (handle_id === null || handle_type === null || handle_info === null) return null;
  return {
    uuid: handle_id as Uuid,
    type: handle_type as AttachHandleType,
    info: toHandleInfo(handle_info),
  };
}
