import {
  type AttachHandleType,
  type AttachmentClaim,
  AttachmentConnection,
  type AttachmentRelease,
  type AttachmentState,
  CyborgError,
  HeldAttachment,
  type Uuid,
} from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { type AttachmentReads, AttachmentWanted, type StoredAttachment } from './attachment.ts';
import { isoTime, isoTimeOrNull, parseColumn } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { AttachmentTable } from './tables.ts';

const Ids = z.array(z.string());

/** Reads of attachments with what they hold, and how their host finds that. */
export function attachmentReads(session: Session): AttachmentReads {
  async function find(id: string): Promise<StoredAttachment | undefined> {
    const row = await attachmentRows(session).where('attachment.id', '=', id).executeTakeFirst();
    return row && toStoredAttachment(row);
  }

  return {
    find,

    async get(id) {
      const attachment = await find(id);
      if (attachment !== undefined) return attachment;
      throw new CyborgError('attachment.not_found', `no attachment has the id ${id}`, { details: { id } });
    },

    async findByKey(requestedBy, idempotencyKey) {
      const row = await attachmentRows(session)
        .where('attachment.requested_by', '=', requestedBy)
        .where('attachment.idempotency_key', '=', idempotencyKey)
        .executeTakeFirst();
      return row && toStoredAttachment(row);
    },

    async list(query = {}) {
      let select = attachmentRows(session).orderBy('attachment.number').limit(rowsFor(query));
      const { projectId, state, host, deviceId, consumerType, consumerId, ids, marker } = query;
      if (projectId !== undefined) select = select.where('attachment.project_id', '=', projectId);
      if (state !== undefined) select = select.where('attachment.state', '=', state);
      if (host !== undefined) select = select.where('attachment.host', '=', host);
      if (deviceId !== undefined) select = select.where('attachment.device_id', '=', deviceId);
      if (consumerType !== undefined) select = select.where('attachment.consumer_type', '=', consumerType);
      if (consumerId !== undefined) select = select.where('attachment.consumer_id', '=', consumerId);
      if (ids !== undefined) select = select.where('attachment.id', 'in', [...ids]);
      if (marker !== undefined) {
        const last = await find(marker);
        if (last === undefined) throw unknownMarker('attachment', marker);
        select = select.where('attachment.number', '>', last.number);
      }
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredAttachment), next };
    },

    ...workReads(session),
  };
}

/** What the workers look for. */
function workReads({ db }: Session): Pick<AttachmentReads, 'listClaimsDue' | 'isReleasing' | 'endedBefore'> {
  const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id as Uuid);
  return {
    async listClaimsDue(by, limit) {
      const due = db.selectFrom('attachment').select('id').where('claim_due_at', '<=', by);
      return ids(await due.orderBy('claim_due_at').limit(limit).execute());
    },

    async isReleasing(deployableId) {
      const row = await db
        .selectFrom('attachment')
        .select('id')
        .where('deployable_id', '=', deployableId)
        .where('claim', '=', 'releasing')
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async endedBefore(before, limit) {
      const ended = db
        .selectFrom('attachment')
        .leftJoin('attach_handle', 'attach_handle.holder_id', 'attachment.id')
        .select('attachment.id')
        .where('attachment.state', 'in', ['detached', 'attach_failed'])
        .where('attachment.claim', '=', 'none')
        .where('attachment.updated_at', '<', before)
        .where('attach_handle.id', 'is', null);
      return ids(await ended.orderBy('attachment.updated_at').limit(limit).execute());
    },
  };
}

interface AttachmentRow extends Selectable<AttachmentTable> {
  readonly handle: string | null;
  readonly handle_type: string | null;
  readonly held: string | null;
}

function attachmentRows({ db }: Session) {
  return db
    .selectFrom('attachment')
    .leftJoin('attach_handle', (join) =>
      join
        .onRef('attach_handle.holder_id', '=', 'attachment.id')
        .on('attach_handle.holder_kind', '=', 'attachment'),
    )
    .leftJoin('device', 'device.id', 'attachment.device_id')
    .leftJoin('host_ledger_entry', (join) =>
      join
        .onRef('host_ledger_entry.host', '=', 'attachment.host')
        .onRef('host_ledger_entry.driver', '=', 'device.driver')
        .onRef('host_ledger_entry.handle', '=', 'attach_handle.handle'),
    )
    .selectAll('attachment')
    .select(['attach_handle.handle', 'attach_handle.type as handle_type', 'host_ledger_entry.held']);
}

/** In which a consumer may have hold of what was attached, and needs to know how to let go of it. */
const connectedStates: ReadonlySet<string> = new Set<AttachmentState>([
  'attached',
  'detaching',
  'detach_failed',
]);

function toStoredAttachment(row: AttachmentRow): StoredAttachment {
  const wanted = parseColumn(AttachmentWanted, row.wanted, 'attachment.wanted');
  const { handle, handle_type: type } = row;
  return {
    number: row.number,
    id: row.id as Uuid,
    state: row.state as AttachmentState,
    consumer: { type: row.consumer_type as StoredAttachment['consumer']['type'], id: row.consumer_id },
    projectId: row.project_id,
    wanted,
    deviceProfile: wanted.deviceProfile,
    resourceClass: wanted.resourceClass,
    traits: wanted.required,
    hotplug: wanted.hotplug,
    host: row.host,
    deviceId: row.device_id as Uuid | null,
    deployableId: row.deployable_id as Uuid | null,
    handle: handle === null || type === null ? null : { id: handle, type: type as AttachHandleType },
    connection:
      row.connection === null || !connectedStates.has(row.state)
        ? null
        : parseColumn(AttachmentConnection, row.connection, 'attachment.connection'),
    operationId: row.operation_id as Uuid | null,
    failure: row.failure,
    trouble: troubleOf(row),
    release: row.release as AttachmentRelease | null,
    claim: row.claim as AttachmentClaim,
    claimDueAt: row.claim_due_at,
    claimFailures: row.claim_failures,
    refused: parseColumn(Ids, row.refused, 'attachment.refused'),
    requestedBy: row.requested_by,
    idempotencyKey: row.idempotency_key,
    version: row.version,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}

/** What its host says of what it holds, where that is for this consumer. */
function troubleOf({ held: text, consumer_type, consumer_id }: AttachmentRow): string | null {
  if (text === null) return null;
  const { consumer, trouble } = parseColumn(HeldAttachment, text, 'host_ledger_entry.held');
  return consumer.type === consumer_type && consumer.id === consumer_id ? trouble : null;
}
