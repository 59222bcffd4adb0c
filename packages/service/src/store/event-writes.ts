import type { Event } from '@cyborgjs/core';
import { type Compilable, type Insertable, sql } from 'kysely';
import { inChunks } from './chunks.ts';
import type { EventWrites, NewEvent } from './event.ts';
import { fixedStatement } from './fixed-statement.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { isoTime } from './json-column.ts';
import type { TransactionSession } from './session.ts';
import type { Tables } from './tables.ts';

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
      await inChunks(rows, async (chunk) => (await insertRows(session, chunk)).rows);
      return events;
    },
  };
}

const insertRows = fixedStatement(({ db }, rows: readonly Insertable<Tables['event']>[]) =>
  db.insertInto('event').values(rows),
);

async function raiseCounter(session: TransactionSession, by: number): Promise<number> {
  const raised = await tryRaise(session, by);
  if (raised !== undefined) return raised;
  await addCounter(session, { name: 'event', value: 0 });
  return (await tryRaise(session, by)) as number;
}

/** What the counter then is; undefined when there is none yet. */
async function tryRaise(session: TransactionSession, by: number): Promise<number | undefined> {
  const { rows, insertId } = await raise(session, by);
  if (session.kind !== 'mysql') return rows[0]?.value;
  return insertId === undefined ? undefined : Number(insertId);
}

/** MySQL returns no rows of an update, but the last id that was made, which can be any number. */
const raise = fixedStatement(({ db, kind }, by: number): Compilable<{ readonly value: number }> => {
  const update = db.updateTable('event_counter').where('name', '=', 'event');
  return kind === 'mysql'
    ? update.set({ value: sql`last_insert_id(value + ${by})` }).$castTo<{ readonly value: number }>()
    : update.set((eb) => ({ value: eb('value', '+', by) })).returning('value');
});

const addCounter = insertIfAbsent('event_counter');
