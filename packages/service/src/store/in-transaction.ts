import type { Session, TransactionSession } from './session.ts';

/**
 * Runs the work in one transaction. Its statements go to the connection itself, in the order of the calls: where the
 * database takes a statement before it has answered the last one, those that do not need each other's answers cost one
 * way there and back.
 */
export function inTransaction<Result>(
  session: Session,
  work: (transaction: TransactionSession) => Promise<Result>,
): Promise<Result> {
  return session.db.transaction().execute(async (db) => {
    const connection = await db.getExecutor().provideConnection(async (connection) => connection);
    return work({
      ...session,
      db,
      execute: (query) => connection.executeQuery(query),
      // What fails is told at the commit, or by what is asked next.
      send: (query) => void connection.executeQuery(query).catch(() => {}),
    });
  });
}
