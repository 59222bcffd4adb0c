import type { Insertable, Updateable } from 'kysely';
import type {
  AcceleratorRequestQuery,
  AcceleratorRequestWrites,
  NewAcceleratorRequest,
} from './accelerator-request.ts';
import {
  isAsked,
  requestsWithGroups,
  rowsWithGroups,
  toRequestWithGroup,
} from './accelerator-request-reads.ts';
import { chunksOf } from './chunks.ts';
import { fixedStatement } from './fixed-statement.ts';
import { holdsEverything } from './holds-everything.ts';
import { isoTime } from './json-column.ts';
import type { TransactionSession } from './session.ts';
import type { AcceleratorRequestTable } from './tables.ts';

/** Writes of accelerator requests. */
export function acceleratorRequestWrites(session: TransactionSession): AcceleratorRequestWrites {
  const { now } = session;
  return {
    async insert(requests) {
      const createdAt = now();
      const rows = requests.map((request) => toRow(request, createdAt));
      for (const chunk of chunksOf(rows)) insertRows.send(session, chunk);
      return requests.map((request) => ({ ...request, ...unbound, createdAt: isoTime(createdAt) }));
    },

    async hold(query) {
      return (await heldRows(session, query)).map(toRequestWithGroup);
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
      for (const chunk of chunksOf(ids)) updateRows.send(session, chunk, values);
    },

    async remove(ids) {
      for (const chunk of chunksOf(ids)) removeRows.send(session, chunk);
    },
  };
}

/** What no request has at first. */
const unbound = {
  state: 'Initial',
  host: null,
  providerId: null,
  instanceId: null,
  operationId: null,
  failure: null,
  handle: null,
  updatedAt: null,
} as const;

function toRow(request: NewAcceleratorRequest, createdAt: number) {
  return {
    id: request.id,
    project_id: request.projectId,
    state: unbound.state,
    device_profile_id: request.deviceProfileId,
    group_index: request.groupIndex,
    resource_class: request.resourceClass,
    created_at: createdAt,
  };
}

const insertRows = fixedStatement(({ db }, rows: readonly Insertable<AcceleratorRequestTable>[]) =>
  db.insertInto('accelerator_request').values(rows),
);

type HeldRow = Parameters<typeof toRequestWithGroup>[0];

async function heldRows(
  session: TransactionSession,
  query: AcceleratorRequestQuery,
): Promise<readonly HeldRow[]> {
  if (holdsEverything(session)) return (await rowsWithGroups(session, query)).rows;
  if (session.kind === 'mysql') return (await rowsForUpdate(session, query)).rows;
  // PostgreSQL would tell what it has waited for, but beside it the handle from before: it reads again. What has come
  // in between is not held yet.
  for (;;) {
    const [held, { rows }] = await Promise.all([
      idsForUpdate(session, query),
      rowsWithGroups(session, query),
    ]);
    if (held.rows.length === rows.length) return rows;
  }
}

const rowsForUpdate = fixedStatement((session, query: AcceleratorRequestQuery) =>
  requestsWithGroups(session, query).forUpdate(),
);

const idsForUpdate = fixedStatement(({ db }, query: AcceleratorRequestQuery) =>
  db.selectFrom('accelerator_request').select('id').where(isAsked(query)).orderBy('number').forUpdate(),
);

const updateRows = fixedStatement(
  ({ db }, ids: readonly string[], values: Updateable<AcceleratorRequestTable>) =>
    db.updateTable('accelerator_request').set(values).where('id', 'in', ids),
);

const removeRows = fixedStatement(({ db }, ids: readonly string[]) =>
  db.deleteFrom('accelerator_request').where('id', 'in', ids),
);
