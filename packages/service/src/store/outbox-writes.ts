import type { Insertable } from 'kysely';
import { fixedStatement } from './fixed-statement.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { parseColumn } from './json-column.ts';
import { OutboxContent, type OutboxWrites } from './outbox.ts';
import type { TransactionSession } from './session.ts';
import type { Tables } from './tables.ts';

/** Writes of the messages that wait. */
export function outboxWrites(session: TransactionSession): OutboxWrites {
  const { db, now } = session;
  return {
    async add({ destination, topic, content }) {
      await withdraw(session, destination, topic);
      await addLane(session, { destination, lease_owner: null, lease_until: 0 });
      const row = {
        destination,
        topic,
        payload: JSON.stringify(content),
        attempts: 0,
        next_attempt_at: now(),
        last_error: null,
        created_at: now(),
      };
      await insertRow(session, row);
    },

    async withdraw(destination, topic) {
      await withdraw(session, destination, topic);
    },

    async next(destination, limit) {
      const rows = await db
        .selectFrom('outbox')
        .selectAll()
        .where('destination', '=', destination)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        destination: row.destination,
        content: parseColumn(OutboxContent, row.payload, 'outbox.payload'),
        attempts: row.attempts,
        createdAt: row.created_at,
        nextAttemptAt: row.next_attempt_at,
      }));
    },

    async remove(id) {
      await db.deleteFrom('outbox').where('id', '=', id).execute();
    },

    async postpone({ id, destination, attempts }, until, reason) {
      const lane = db.updateTable('outbox').where('destination', '=', destination);
      await lane.set({ next_attempt_at: until }).execute();
      await lane
        .where('id', '=', id)
        .set({ attempts: attempts + 1, last_error: reason })
        .execute();
    },

    ...laneWrites(session),
  };
}

function laneWrites({ db }: TransactionSession): Pick<OutboxWrites, 'claim' | 'renew' | 'release'> {
  return {
    async claim(destination, { owner, now, until }) {
      const { numUpdatedRows } = await db
        .updateTable('outbox_lane')
        .set({ lease_owner: owner, lease_until: until })
        .where('destination', '=', destination)
        .where('lease_until', '<=', now)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async renew(destination, { owner, now, until }) {
      const { numUpdatedRows } = await db
        .updateTable('outbox_lane')
        .set({ lease_until: until })
        .where('destination', '=', destination)
        .where('lease_owner', '=', owner)
        .where('lease_until', '>', now)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async release(destination, owner) {
      await db
        .updateTable('outbox_lane')
        .set({ lease_owner: null, lease_until: 0 })
        .where('destination', '=', destination)
        .where('lease_owner', '=', owner)
        .execute();
    },
  };
}

const insertRow = fixedStatement(({ db }, row: Insertable<Tables['outbox']>) =>
  db.insertInto('outbox').values(row),
);

const addLane = insertIfAbsent('outbox_lane');

const withdraw = fixedStatement(({ db }, destination: string, topic: string) =>
  db.deleteFrom('outbox').where('destination', '=', destination).where('topic', '=', topic),
);
