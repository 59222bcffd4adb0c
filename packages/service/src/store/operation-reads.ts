import {
  CyborgError,
  type OperationAttempt,
  OperationFailure,
  type OperationState,
  OperationSteps,
  type OperationVerb,
  PlannedStep,
  type Uuid,
} from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { isProgramming } from './is-programming.ts';
import { isoTime, isoTimeOrNull, parseColumn } from './json-column.ts';
import type { OperationReads, StoredOperation } from './operation.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { OperationAttemptTable, OperationTable } from './tables.ts';

const Target = z.object({ identity: z.string(), address: z.string() });
const Plan = z.array(PlannedStep);
const Arguments = z.record(z.string(), z.unknown());

/** Reads of operations. */
export function operationReads({ db }: Session): OperationReads {
  async function find(id: string): Promise<StoredOperation | undefined> {
    const row = await db.selectFrom('operation').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toStoredOperation(row);
  }

  async function numberOf(marker: string): Promise<number> {
    const operation = await find(marker);
    if (operation === undefined) throw unknownMarker('operation', marker);
    return operation.number;
  }

  return {
    find,

    async get(id) {
      const operation = await find(id);
      if (operation !== undefined) return operation;
      throw new CyborgError('operation.not_found', `no operation has the id ${id}`, { details: { id } });
    },

    async list(query = {}) {
      let select = db.selectFrom('operation').selectAll().orderBy('number', 'desc').limit(rowsFor(query));
      if (query.host !== undefined) select = select.where('host', '=', query.host);
      if (query.deviceId !== undefined) select = select.where('device_id', '=', query.deviceId);
      if (query.state !== undefined) select = select.where('state', '=', query.state);
      if (query.verb !== undefined) select = select.where('verb', '=', query.verb);
      if (query.open !== undefined) select = select.where('ended_at', query.open ? 'is' : 'is not', null);
      if (query.endedSince !== undefined) select = select.where('ended_at', '>', query.endedSince);
      if (query.marker !== undefined) select = select.where('number', '<', await numberOf(query.marker));
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredOperation), next };
    },

    ...workReads(db),

    async attempts(id) {
      const attempts = db.selectFrom('operation_attempt').selectAll().where('operation_id', '=', id);
      return (await attempts.orderBy('attempt').execute()).map(toAttempt);
    },

    async count() {
      const rows = await db
        .selectFrom('operation')
        .select((eb) => ['state', eb.fn.countAll<number>().as('operations')])
        .groupBy('state')
        .execute();
      return rows.map((row) => ({ state: row.state as OperationState, count: Number(row.operations) }));
    },
  };
}

/** What intents and workers look for. */
function workReads(
  db: Session['db'],
): Pick<OperationReads, 'findByKey' | 'findProgramming' | 'listDue' | 'endedBefore'> {
  return {
    async findByKey(requestedBy, idempotencyKey) {
      const row = await db
        .selectFrom('operation')
        .selectAll()
        .where('requested_by', '=', requestedBy)
        .where('idempotency_key', '=', idempotencyKey)
        .executeTakeFirst();
      return row && toStoredOperation(row);
    },

    async findProgramming(deviceId) {
      const row = await db
        .selectFrom('operation')
        .selectAll()
        .where('device_id', '=', deviceId)
        .where(isProgramming)
        .orderBy('number')
        .limit(1)
        .executeTakeFirst();
      return row && toStoredOperation(row);
    },

    async listDue(by, limit) {
      const rows = await db
        .selectFrom('operation')
        .select(['id', 'host'])
        .where('next_attempt_at', '<=', by)
        .orderBy('next_attempt_at')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ id: row.id as Uuid, host: row.host }));
    },

    async endedBefore(before, limit) {
      const rows = await db
        .selectFrom('operation')
        .select('id')
        .where('ended_at', '<', before)
        .orderBy('ended_at')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id as Uuid);
    },
  };
}

function toAttempt(row: Selectable<OperationAttemptTable>): OperationAttempt {
  return {
    attempt: row.attempt,
    outcome: row.outcome as OperationAttempt['outcome'],
    error: row.error === null ? null : parseColumn(OperationFailure, row.error, 'operation_attempt.error'),
    done: parseColumn(OperationSteps, row.done, 'operation_attempt.done'),
    plan: row.plan === null ? null : parseColumn(Plan, row.plan, 'operation_attempt.plan'),
    endedAt: isoTime(row.ended_at),
  };
}

function toStoredOperation(row: Selectable<OperationTable>): StoredOperation {
  return {
    number: row.number,
    id: row.id as Uuid,
    verb: row.verb as OperationVerb,
    state: row.state as OperationState,
    host: row.host,
    driver: row.driver,
    deviceId: row.device_id as Uuid | null,
    target: row.target === null ? null : parseColumn(Target, row.target, 'operation.target'),
    arguments: parseColumn(Arguments, row.arguments, 'operation.arguments'),
    progress: row.progress,
    note: row.note,
    attempts: row.attempts,
    error: row.error === null ? null : parseColumn(OperationFailure, row.error, 'operation.error'),
    requestedBy: row.requested_by,
    idempotencyKey: row.idempotency_key,
    version: row.version,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
    endedAt: isoTimeOrNull(row.ended_at),
    deadlineAt: isoTime(row.deadline_at),
    nextAttemptAt: row.next_attempt_at,
    cancelRequestedAt: row.cancel_requested_at,
  };
}
