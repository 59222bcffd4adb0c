import { CyborgError } from '@cyborgjs/core';
import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import { toStoreError } from './database-error.ts';

/** A dialect that can be closed behind kysely's back. */
export interface GuardedDialect extends Dialect {
  /** Ends all connections. Kysely is not told: it would throw errors of its own at whoever still asks. */
  close(): Promise<void>;
}

const shownCharacters = 60;

type OnStatement = (sql: string) => void;

/** The same dialect, whose every failure is a `CyborgError`; the one place where driver errors are read. */
export function guardedDialect(dialect: Dialect, onStatement: OnStatement = () => {}): GuardedDialect {
  const drivers: Driver[] = [];
  return {
    createDriver() {
      const driver = new GuardedDriver(dialect.createDriver(), onStatement);
      drivers.push(driver);
      return driver;
    },
    async close() {
      await Promise.all(drivers.splice(0).map((driver) => driver.destroy()));
    },
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

class GuardedDriver implements Driver {
  readonly #inner: Driver;
  readonly #guarded = new WeakMap<DatabaseConnection, GuardedConnection>();
  readonly #onStatement: OnStatement;

  constructor(inner: Driver, onStatement: OnStatement) {
    this.#inner = inner;
    this.#onStatement = onStatement;
  }

  init(): Promise<void> {
    return guard(() => this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await guard(() => this.#inner.acquireConnection());
    const known = this.#guarded.get(inner);
    if (known !== undefined) return known;
    const connection = new GuardedConnection(inner, this.#onStatement);
    this.#guarded.set(inner, connection);
    return connection;
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return guard(() => this.#inner.beginTransaction(innerOf(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return guard(() => this.#inner.commitTransaction(innerOf(connection)));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return guard(() => this.#inner.rollbackTransaction(innerOf(connection)));
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return guard(() => this.#inner.releaseConnection(innerOf(connection)));
  }

  destroy(): Promise<void> {
    return guard(() => this.#inner.destroy());
  }
}

class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #onStatement: OnStatement;

  constructor(inner: DatabaseConnection, onStatement: OnStatement) {
    this.inner = inner;
    this.#onStatement = onStatement;
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return guard(async () => {
      query.parameters.forEach(requireKeepable);
      this.#onStatement(query.sql);
      return this.inner.executeQuery<Row>(query);
    });
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize);
  }
}

/** PostgreSQL refuses NUL, the others do not: what comes from outside is answered alike whichever it is. */
function requireKeepable(parameter: unknown): void {
  if (typeof parameter !== 'string' || !parameter.includes('\0')) return;
  const shown = JSON.stringify(parameter.slice(0, shownCharacters));
  throw new CyborgError(
    'store.text_refused',
    `the text ${shown} has a NUL character in it, which cannot be kept or looked for; leave it out`,
  );
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  return connection instanceof GuardedConnection ? connection.inner : connection;
}

async function guard<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
