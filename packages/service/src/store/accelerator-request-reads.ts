import type { AcceleratorRequestState, AttachHandleType, Uuid } from '@cyborgjs/core';
import type { ExpressionBuilder, ExpressionWrapper, InferResult, Selectable, SqlBool } from 'kysely';
import type {
  AcceleratorRequestQuery,
  AcceleratorRequestReads,
  RequestWithGroup,
  StoredAcceleratorRequest,
} from './accelerator-request.ts';
import { toHandleInfo } from './deployable-row.ts';
import { toProfileGroups } from './device-profile-row.ts';
import { fixedStatement } from './fixed-statement.ts';
import { isoTime, isoTimeOrNull } from './json-column.ts';
import type { Session } from './session.ts';
import type { AcceleratorRequestTable, Tables } from './tables.ts';

/** Reads of accelerator requests with the names of their profiles and what they hold. */
export function acceleratorRequestReads(session: Session): AcceleratorRequestReads {
  return {
    async list(query = {}) {
      return (await rowsWhere(session, query)).rows.map(toStoredAcceleratorRequest);
    },

    async listWithGroups(query) {
      return (await rowsWithGroups(session, query)).rows.map(toRequestWithGroup);
    },

    async find(id) {
      const [row] = (await rowsWhere(session, { ids: [id] })).rows;
      return row && toStoredAcceleratorRequest(row);
    },

    async servedAmong(instanceIds) {
      const { rows } = await requestsOfInstances(session, instanceIds);
      return [...new Set(rows.map((row) => row.instance_id ?? ''))];
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

/** Requests with what decides about them. */
export function requestsWithGroups(session: Session, query: AcceleratorRequestQuery) {
  return (
    requestsWithHandles(session)
      .select([
        'accelerator_request.id',
        'accelerator_request.state',
        'accelerator_request.host',
        'accelerator_request.provider_id',
        'accelerator_request.instance_id',
        'accelerator_request.operation_id',
        'accelerator_request.group_index',
        'attach_handle.id as handle_id',
        'attach_handle.type as handle_type',
      ])
      // No table of its own in the statement: whoever holds requests does not hold their profile.
      .select((eb) =>
        eb
          .selectFrom('device_profile')
          .select('device_profile.groups')
          .whereRef('device_profile.id', '=', 'accelerator_request.device_profile_id')
          .as('profile_groups'),
      )
      .where(isAsked(query))
      .orderBy('accelerator_request.number')
  );
}

type RowWithGroups = InferResult<ReturnType<typeof requestsWithGroups>>[number];

export function toRequestWithGroup(row: RowWithGroups): RequestWithGroup {
  const { handle_id: uuid, handle_type: type } = row;
  return {
    id: row.id as Uuid,
    state: row.state as AcceleratorRequestState,
    host: row.host,
    providerId: row.provider_id,
    instanceId: row.instance_id,
    operationId: row.operation_id as Uuid | null,
    handle: uuid === null || type === null ? null : { uuid: uuid as Uuid, type: type as AttachHandleType },
    group: toProfileGroups(row.profile_groups ?? '[]')[row.group_index],
  };
}

/** What is shown of a request: lists have thousands of rows, and each column costs. */
const columns = [
  'id',
  'project_id',
  'state',
  'device_profile_id',
  'group_index',
  'resource_class',
  'host',
  'provider_id',
  'instance_id',
  'operation_id',
  'failure',
  'created_at',
  'updated_at',
] as const;

interface RequestRow extends Pick<Selectable<AcceleratorRequestTable>, (typeof columns)[number]> {
  readonly profile_name: string;
  readonly handle_id: string | null;
  readonly handle_type: string | null;
  readonly handle_info: string | null;
}

/** Requests beside what they hold. */
function requestsWithHandles({ db }: Session) {
  return db
    .selectFrom('accelerator_request')
    .leftJoin('attach_handle', (join) =>
      join
        .onRef('attach_handle.holder_id', '=', 'accelerator_request.id')
        .on('attach_handle.holder_kind', '=', 'accelerator_request'),
    );
}

function requestRows(session: Session) {
  return requestsWithHandles(session)
    .innerJoin('device_profile', 'device_profile.id', 'accelerator_request.device_profile_id')
    .select(columns.map((column) => `accelerator_request.${column}` as const))
    .select([
      'device_profile.name as profile_name',
      'attach_handle.id as handle_id',
      'attach_handle.type as handle_type',
      'attach_handle.info as handle_info',
    ])
    .orderBy('accelerator_request.number');
}

const rowsWhere = fixedStatement((session, query: AcceleratorRequestQuery) =>
  requestRows(session).where(isAsked(query)),
);

export const rowsWithGroups = fixedStatement(requestsWithGroups);

const requestsOfInstances = fixedStatement(({ db }, instanceIds: readonly string[]) =>
  db.selectFrom('accelerator_request').select('instance_id').where('instance_id', 'in', instanceIds),
);

/** Whether a request is among those that are asked for. */
export function isAsked({ projectId, instanceId, operationId, ids }: AcceleratorRequestQuery) {
  return (
    eb: ExpressionBuilder<Tables, 'accelerator_request'>,
  ): ExpressionWrapper<Tables, 'accelerator_request', SqlBool> =>
    eb.and([
      ...(projectId === undefined ? [] : [eb('accelerator_request.project_id', '=', projectId)]),
      ...(instanceId === undefined ? [] : [eb('accelerator_request.instance_id', '=', instanceId)]),
      ...(operationId === undefined ? [] : [eb('accelerator_request.operation_id', '=', operationId)]),
      ...(ids === undefined ? [] : [eb('accelerator_request.id', 'in', [...ids])]),
    ]);
}

function toStoredAcceleratorRequest(row: RequestRow): StoredAcceleratorRequest {
  return {
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
