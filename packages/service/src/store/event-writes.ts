import { inChunks } from './chunks.ts';
import type { EventWrites, NewEvent } from './event.ts';
import { fixedStatement } from './fixed-statement.ts';
import type { TransactionSession } from './session.ts';

/** Writes of events, and the end of the transaction that stores them. */
export interface EventBuffer extends EventWrites {
  /** Stores what was added, together and without ids: nobody waits for an event of another transaction. */
  flush(): readonly NewEvent[];
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

    flush() {
      if (added.length > 0) addArrival.send(session, now(), JSON.stringify(added));
      return added;
    },
  };
}

const addArrival = fixedStatement(({ db }, at: number, events: string) =>
  db.insertInto('event_arrival').values({ at, events }),
);
