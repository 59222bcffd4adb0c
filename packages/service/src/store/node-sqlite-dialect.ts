import type { DatabaseConnection, Dialect, Driver } from 'kysely';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { type OpenTurns, openTurns, SqliteTurn } from './sqlite-turns.ts';

/**
 * SQLite through Node's own `node:sqlite`, for kysely: one connection, which one transaction or query has at a time.
 */
export function nodeSqliteDialect(file: string): Dialect {
  return {
    createDriver: () => new NodeSqliteDriver(file),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** SQLite takes schema changes back with their transaction; a kill between two of them leaves nothing half made. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** The driver itself sees to it that each has its turn: kysely would hold back the next until the last is committed. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #file: string;
  #open: OpenTurns | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async init(): Promise<void> {
    this.#open = openTurns(this.#file);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#open === undefined) throw new Error('the database is closed');
    return this.#open.turns.take();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    turnOf(connection).begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await turnOf(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    turnOf(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    turnOf(connection).end();
  }

  async destroy(): Promise<void> {
    this.#open?.close();
    this.#open = undefined;
  }
}

function turnOf(connection: DatabaseConnection): SqliteTurn {
  if (connection instanceof SqliteTurn) return connection;
  throw new TypeError('the connection is one of another driver');
}
