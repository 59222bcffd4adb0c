import type { Insertable } from 'kysely';
import type { TransactionSession } from './session.ts';
import type { Tables } from './tables.ts';

/** Inserts a row unless one with its key is there already. */
export async function insertIfAbsent<Table extends keyof Tables>(
  { db, kind }: TransactionSession,
  table: Table,
  row: Insertable<Tables[Table]>,
): Promise<void> {
  const insert = db.insertInto(table).values(row);
  await (kind === 'mysql'
    ? insert.ignore()
    : insert.onConflict((conflict) => conflict.doNothing())
  ).execute();
}
