import { CyborgError, isCyborgError, type Uuid } from '@cyborgjs/core';
import type { TransactionSession } from './session.ts';
import type { NewWebhook, WebhookProgress, WebhookWrites } from './webhook.ts';

/** Writes of webhooks. */
export function webhookWrites(session: TransactionSession): WebhookWrites {
  const { db, now } = session;
  return {
    async insert(webhook) {
      await named(webhook.name, () => db.insertInto('webhook').values(toRow(webhook, now())).execute());
    },

    async hold(id) {
      await db
        .updateTable('webhook')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },

    async change(id, changes) {
      const values = {
        name: changes.name,
        url: changes.url,
        events: changes.events && JSON.stringify(changes.events),
        state: changes.state,
        reason: changes.reason,
        secret: changes.secret,
        old_secret: changes.oldSecret,
        old_secret_until: changes.oldSecretUntil,
        ...toColumns(changes),
        updated_at: now(),
      };
      const update = db.updateTable('webhook').set(values).where('id', '=', id);
      await named(changes.name ?? id, () => update.execute());
    },

    async remove(id) {
      await db.deleteFrom('webhook').where('id', '=', id).execute();
    },

    async lose(id, events) {
      await db
        .updateTable('webhook')
        .set((eb) => ({ events_lost: eb('events_lost', '+', events), last_lost_at: now() }))
        .where('id', '=', id)
        .execute();
    },

    ...leaseWrites(session),
  };
}

function leaseWrites({ db }: TransactionSession): Pick<WebhookWrites, 'claim' | 'advance' | 'release'> {
  const one = (id: Uuid) => db.updateTable('webhook').where('id', '=', id);
  return {
    async claim(id, { owner, now, until }) {
      const { numUpdatedRows } = await one(id)
        .set({ lease_owner: owner, lease_until: until })
        .where('state', '=', 'enabled')
        .where('next_attempt_at', '<=', now)
        .where('lease_until', '<=', now)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async advance(id, { owner, now, until, version }, progress) {
      const { numUpdatedRows } = await one(id)
        .set({ ...toColumns(progress), lease_until: until })
        .where('version', '=', version)
        .where('lease_owner', '=', owner)
        .where('lease_until', '>', now)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async release(id, { owner, now }) {
      await one(id).set({ lease_owner: null, lease_until: now }).where('lease_owner', '=', owner).execute();
    },
  };
}

function toColumns({
  after,
  failures,
  failingSince,
  nextAttemptAt,
  lastAttempt,
  lastDeliveredAt,
}: WebhookProgress) {
  return {
    after_event: after,
    failures,
    failing_since: failingSince,
    next_attempt_at: nextAttemptAt,
    last_attempt: lastAttempt && JSON.stringify(lastAttempt),
    last_delivered_at: lastDeliveredAt,
  };
}

/** Tells a name that is taken from other conflicts. */
async function named(name: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (!isCyborgError(cause) || cause.code !== 'store.conflict') throw cause;
    throw new CyborgError('webhook.exists', `there is a webhook called ${name}`, {
      cause,
      details: { name },
    });
  }
}

function toRow(webhook: NewWebhook, createdAt: number) {
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    state: webhook.state,
    reason: webhook.reason,
    secret: webhook.secret,
    old_secret: null,
    old_secret_until: null,
    after_event: webhook.after,
    failures: 0,
    failing_since: null,
    next_attempt_at: 0,
    last_attempt: null,
    last_delivered_at: null,
    events_lost: 0,
    last_lost_at: null,
    lease_owner: null,
    lease_until: 0,
    requested_by: webhook.requestedBy,
    idempotency_key: webhook.idempotencyKey,
    asked: webhook.asked,
    version: 1,
    created_at: createdAt,
    updated_at: null,
  };
}
