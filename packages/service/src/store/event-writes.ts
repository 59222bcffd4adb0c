import type { Event } from '@cyborgjs/core';
import { inChunks } from './chunks.ts';
import type { EventWrites, NewEvent } from './event.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { isoTime } from './json-column.ts';
import type { TransactionSession } from './session.ts';

/** Writes of events, and the end of the transaction that gives them their ids. */
export interface EventBuffer extends EventWrites {
  /**
   * Stores what was added. Must be the last write: raising the counter holds every other transaction that has
   * events until the commit, which is what makes ids rise by order of commit.
   */
  flush(): Promise<Event[]>;
}

/** Collects the events of one transaction. */
export function eventBuffer(session: TransactionSession): EventBuffer {
  const { db, now } = session;
  const added: NewEvent[] = [];
  return {
    add: (event) => void added.push(event),

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('event').where('id', 'in', chunk).execute());
    },

    async flush() {
      if (added.length === 0) return [];
      const at = now();
      const first = (await raiseCounter(session, added.length)) - added.length + 1;
      const events = added.map((event, index) => ({ ...event, id: first + index, at: isoTime(at) }));
      const rows = events.map((event) => ({ ...event, data: JSON.stringify(event.data), at }));
      await inChunks(rows, (chunk) => db.insertInto('event').values(chunk).execute());
      return events;
    },
  };
}

async function raiseCounter(session: TransactionSession, by: number): Promise<number> {
  const raise = session.db
    .updateTable('event_counter')
    .set((eb) => ({ value: eb('value', '+', by) }))
    .where('name', '=', 'event');
  if ((await raise.executeTakeFirst()).numUpdatedRows === 0n) {
    await insertIfAbsent(session, 'event_counter', { name: 'event', value: 0 });
    await raise.execute();
  }
  const row = await session.db
    .selectFrom('event_counter')
    .select('value')
    .where('name', '=', 'event')
    .executeTakeFirstOrThrow();
  return row.value;
}
