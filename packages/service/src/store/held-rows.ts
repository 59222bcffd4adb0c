import type { Compilable, QueryResult } from 'kysely';
import type { Session } from './session.ts';

/** How many rows a statement has held. */
export interface Held {
  readonly count: number;
}

/** A statement that holds rows, and one that counts the same. */
interface Holding {
  readonly hold: Compilable<unknown> & { $castTo<Row>(): Compilable<Row> };
  readonly count: Compilable<Held>;
}

/**
 * Of two statements the one that makes others wait for the end of the transaction: a write, which conflicts on every
 * database, Galera included, where a read would not. A transaction of SQLite has the whole file to itself.
 */
export function holding({ kind }: Session, { hold, count }: Holding): Compilable<Held> {
  return kind === 'sqlite' ? count : hold.$castTo<Held>();
}

/** How many rows were held. */
export function countHeld({ rows, numAffectedRows }: QueryResult<Held>): number {
  return Number(rows[0]?.count ?? numAffectedRows ?? 0);
}
