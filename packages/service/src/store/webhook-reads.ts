import {
  CyborgError,
  EventPatterns,
  normaliseUuid,
  type Uuid,
  WebhookAttempt,
  WebhookState,
} from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { isoTime, isoTimeOrNull, parseColumn } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { WebhookTable } from './tables.ts';
import type { SigningWebhook, StoredWebhook, WebhookReads } from './webhook.ts';

/** Reads of webhooks. Names are compared exactly. */
export function webhookReads(session: Session): WebhookReads {
  const rows = () => session.db.selectFrom('webhook').selectAll();

  async function find(which: string): Promise<Selectable<WebhookTable> | undefined> {
    const id = normaliseUuid(which);
    const row = id === undefined ? rows().where('name', '=', which) : rows().where('id', '=', id);
    return row.executeTakeFirst();
  }

  async function get(which: string): Promise<Selectable<WebhookTable>> {
    const row = await find(which);
    if (row !== undefined) return row;
    throw new CyborgError('webhook.not_found', `no webhook has the id or name ${which}`, {
      details: { which },
    });
  }

  return {
    get: async (which) => toStoredWebhook(await get(which)),
    getSigning: async (which) => toSigningWebhook(await get(which)),

    async findByKey(requestedBy, idempotencyKey) {
      const row = await rows()
        .where('requested_by', '=', requestedBy)
        .where('idempotency_key', '=', idempotencyKey)
        .executeTakeFirst();
      return row && toSigningWebhook(row);
    },

    async list(query = {}) {
      let select = rows().orderBy('number').limit(rowsFor(query));
      if (query.marker !== undefined) {
        const last = await find(query.marker);
        if (last === undefined) throw unknownMarker('webhook', query.marker);
        select = select.where('number', '>', last.number);
      }
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredWebhook), next };
    },

    async listBehind(eventId) {
      const behind = rows().where('after_event', '<', eventId).orderBy('number');
      return (await behind.execute()).map(toStoredWebhook);
    },

    ...workReads(session),
  };
}

function workReads({ db }: Session): Pick<WebhookReads, 'listDue'> {
  return {
    async listDue(by, limit) {
      const due = await db
        .selectFrom('webhook')
        .innerJoin('event_counter', (join) => join.on('event_counter.name', '=', 'event'))
        .select('webhook.id')
        .where('webhook.state', '=', 'enabled' satisfies WebhookState)
        .where('webhook.next_attempt_at', '<=', by)
        .where('webhook.lease_until', '<=', by)
        .whereRef('webhook.after_event', '<', 'event_counter.value')
        // Whoever has waited longest.
        .orderBy('webhook.lease_until')
        .orderBy('webhook.number')
        .limit(limit)
        .execute();
      return due.map(({ id }) => id as Uuid);
    },
  };
}

function toStoredWebhook(row: Selectable<WebhookTable>): StoredWebhook {
  const { failures, last_attempt } = row;
  return {
    number: row.number,
    id: row.id as Uuid,
    name: row.name,
    url: row.url,
    events: parseColumn(EventPatterns, row.events, 'webhook.events'),
    state: WebhookState.parse(row.state),
    reason: row.reason,
    after: row.after_event,
    failures,
    failingSince: isoTimeOrNull(row.failing_since),
    nextAttemptAt: failures === 0 || row.state === 'disabled' ? null : isoTime(row.next_attempt_at),
    lastAttempt:
      last_attempt === null ? null : parseColumn(WebhookAttempt, last_attempt, 'webhook.last_attempt'),
    lastDeliveredAt: isoTimeOrNull(row.last_delivered_at),
    eventsLost: row.events_lost,
    lastLostAt: isoTimeOrNull(row.last_lost_at),
    oldSecretUntil: isoTimeOrNull(row.old_secret_until),
    requestedBy: row.requested_by,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
    asked: row.asked,
    version: row.version,
  };
}

function toSigningWebhook(row: Selectable<WebhookTable>): SigningWebhook {
  return { ...toStoredWebhook(row), secret: row.secret, oldSecret: row.old_secret };
}
