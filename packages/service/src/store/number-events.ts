import type { Insertable } from 'kysely';
import { z } from 'zod';
import { againOnCollision } from './again-on-collision.ts';
import { chunksOf } from './chunks.ts';
import { counterRow } from './event-reads.ts';
import { fixedStatement } from './fixed-statement.ts';
import { inTransaction } from './in-transaction.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { parseColumn } from './json-column.ts';
import type { Session } from './session.ts';
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
  // What comes while this goes on waits for the next look: those who write without rest keep no reader waiting.
  const [newest] = (await newestArrival(session)).rows;
  if (newest === undefined) return;
  let numbered: number;
  do numbered = await againOnCollision(() => numberSome(session));
  while (numbered < newest.number);
}

/** Gives ids to the oldest that have none; the number of the last of these arrivals, or infinite when all have one. */
function numberSome(session: Session): Promise<number> {
  return inTransaction(session, async (transaction) => {
    // What is read behind the hold is read when nobody else gives ids: what has one already is not among it any more.
    const [{ numAffectedRows: held }, { rows: counted }, { rows: arrivals }] = await Promise.all([
      holdCounter(transaction),
      counterRow(transaction),
      oldestArrivals(transaction),
    ]);
    const [last] = counted;
    if (held === 0n || last === undefined) {
      // There is something to hold from now on: what was read has not been behind a hold.
      await addCounter(transaction, { name: 'event', value: 0 });
      return 0;
    }
    const events = arrivals.flatMap(({ at, events }) =>
      parseColumn(Events, events, 'event_arrival.events').map((event) => ({ ...event, at })),
    );
    const newest = arrivals.at(-1);
    if (newest === undefined) return Number.POSITIVE_INFINITY;
    for (const chunk of chunksOf(events.map((event, index) => toRow(event, last.value + 1 + index))))
      insertRows.send(transaction, chunk);
    removeArrivals.send(
      transaction,
      arrivals.map(({ number }) => number),
    );
    setCounter.send(transaction, last.value + events.length);
    return newest.number;
  });
}

function toRow({ data, ...event }: z.output<typeof Events>[number] & { readonly at: number }, id: number) {
  return { ...event, id, data: JSON.stringify(data) };
}

const newestArrival = fixedStatement(({ db }) =>
  db.selectFrom('event_arrival').select('number').orderBy('number', 'desc').limit(1),
);

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

/** Held by a write, as hosts are, until the end of the transaction. */
const holdCounter = fixedStatement((session) => counter(session).set((eb) => ({ value: eb.ref('value') })));

const setCounter = fixedStatement((session, value: number) => counter(session).set({ value }));

const addCounter = insertIfAbsent('event_counter');
