import type { Insertable } from 'kysely';
import { z } from 'zod';
import { againOnCollision } from './again-on-collision.ts';
import { chunksOf } from './chunks.ts';
import { counterRow } from './event-reads.ts';
import { fixedStatement } from './fixed-statement.ts';
import { inTransaction } from './in-transaction.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { parseColumn } from './json-column.ts';
import type { Session, TransactionSession } from './session.ts';
import type { Tables } from './tables.ts';

/** Transactions whose events are numbered in one. */
const arrivalsAtOnce = 200;

const Events = z.array(
  z.object({
    type: z.string(),
    subject: z.string(),
    host: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  }),
);

/**
 * Gives ids to all events that have been committed without. An event that could be seen when another was written has
 * the lower id, and no id below one that was seen is ever given afterwards.
 */
export async function numberEvents(session: Session): Promise<void> {
  while ((await anyArrival(session)).rows.length > 0) await againOnCollision(() => numberSome(session));
}

function numberSome(session: Session): Promise<void> {
  return inTransaction(session, async (transaction) => {
    await holdCounter(transaction);
    // Read now that nobody else gives ids: what has one already is not among them any more.
    const [last, arrivals] = await Promise.all([counterRow(transaction), oldestArrivals(transaction)]);
    const events = arrivals.rows.flatMap(({ at, events }) =>
      parseColumn(Events, events, 'event_arrival.events').map((event) => ({ ...event, at })),
    );
    if (events.length === 0) return;
    const first = (last.rows[0]?.value ?? 0) + 1;
    for (const chunk of chunksOf(events.map((event, index) => toRow(event, first + index))))
      insertRows.send(transaction, chunk);
    removeArrivals.send(
      transaction,
      arrivals.rows.map(({ number }) => number),
    );
    setCounter.send(transaction, first + events.length - 1);
  });
}

/** Held by a write, as hosts are, until the end of the transaction. */
async function holdCounter(session: TransactionSession): Promise<void> {
  const { numAffectedRows = 0n } = await touchCounter(session);
  if (numAffectedRows > 0n) return;
  await addCounter(session, { name: 'event', value: 0 });
  await touchCounter(session);
}

function toRow({ data, ...event }: z.output<typeof Events>[number] & { readonly at: number }, id: number) {
  return { ...event, id, data: JSON.stringify(data) };
}

const anyArrival = fixedStatement(({ db }) => db.selectFrom('event_arrival').select('number').limit(1));

const oldestArrivals = fixedStatement(({ db }) =>
  db.selectFrom('event_arrival').selectAll().orderBy('number').limit(arrivalsAtOnce),
);

const removeArrivals = fixedStatement(({ db }, numbers: readonly number[]) =>
  db.deleteFrom('event_arrival').where('number', 'in', numbers),
);

const insertRows = fixedStatement(({ db }, rows: readonly Insertable<Tables['event']>[]) =>
  db.insertInto('event').values(rows),
);

const counter = ({ db }: Session) => db.updateTable('event_counter').where('name', '=', 'event');

const touchCounter = fixedStatement((session) => counter(session).set((eb) => ({ value: eb.ref('value') })));

const setCounter = fixedStatement((session, value: number) => counter(session).set({ value }));

const addCounter = insertIfAbsent('event_counter');
