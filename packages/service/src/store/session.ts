import type { Uuid } from '@cyborgjs/core';
import type { CompiledQuery, Kysely, QueryResult, Transaction } from 'kysely';
import type { StoreTarget } from './store-init.ts';
import type { Tables } from './tables.ts';

/** What a part of the store works with: the database, or one transaction of it. */
export interface Session {
  readonly db: Kysely<Tables>;
  readonly kind: StoreTarget['kind'];
  readonly now: () => number;
  readonly newId: () => Uuid;
  /** Runs a statement as it is. */
  execute<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>;
}

/** What the writing parts demand. */
export interface TransactionSession extends Session {
  readonly db: Transaction<Tables>;
  /** Sends a statement whose answer nobody needs; what goes wrong with it fails what comes next, and the commit. */
  send(query: CompiledQuery): void;
}

/** A session that takes any connection for each statement. */
export function createSession(
  db: Kysely<Tables>,
  { kind, now, newId }: Pick<Session, 'kind' | 'now' | 'newId'>,
): Session {
  const executor = db.getExecutor();
  return {
    db,
    kind,
    now,
    newId,
    execute: (query) => executor.provideConnection((connection) => connection.executeQuery(query)),
  };
}
