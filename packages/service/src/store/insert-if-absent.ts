import type { Insertable } from 'kysely';
import { fixedStatement } from './fixed-statement.ts';
import type { Tables } from './tables.ts';

/**
 * The statement that inserts a row into a table unless one with its key is there already.
 *
 * @example
 * const addLane = insertIfAbsent('outbox_lane');
 * await addLane(session, { destination, lease_owner: null, lease_until: 0 });
 */
export function insertIfAbsent<Table extends keyof Tables>(table: Table) {
  return fixedStatement(({ db, kind }, row: Insertable<Tables[Table]>) => {
    const insert = db.insertInto(table).values(row);
    return kind === 'mysql' ? insert.ignore() : insert.onConflict((conflict) => conflict.doNothing());
  });
}
