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

/** What has to be known of a database, and who wants to know what it is asked. */
interface Guarding {
  /** Whether the database refuses, after a statement that failed, all others of the transaction. */
  readonly endsTransactions: boolean;
  readonly onStatement: (sql: string) => void;
}

/**
 * The same dialect, whose every failure is a `CyborgError`; the one place where driver errors are read. Of a
 * transaction nothing is done any more after a statement that failed, and whatever is asked then fails as that did.
 */
export function guardedDialect(dialect: Dialect, guarding: Guarding): GuardedDialect {
  const drivers: Driver[] = [];
  return {
    createDriver() {
      const driver = new GuardedDriver(dialect.createDriver(), guarding);
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
  readonly #guarding: Guarding;

  constructor(inner: Driver, guarding: Guarding) {
    this.#inner = inner;
    this.#guarding = guarding;
  }

  init(): Promise<void> {
    return guard(() => this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await guard(() => this.#inner.acquireConnection());
    const known = this.#guarded.get(inner);
    if (known !== undefined) return known;
    const connection = new GuardedConnection(inner, this.#guarding);
    this.#guarded.set(inner, connection);
    return connection;
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return guard(async () => {
      await this.#inner.beginTransaction(innerOf(connection), settings);
      if (connection instanceof GuardedConnection) connection.begin();
    });
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return guard(async () => {
      if (connection instanceof GuardedConnection) await connection.end();
      await this.#inner.commitTransaction(innerOf(connection));
    });
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return guard(async () => {
      if (connection instanceof GuardedConnection) await connection.end().catch(() => {});
      await this.#inner.rollbackTransaction(innerOf(connection));
    });
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
  readonly #guarding: Guarding;
  #transaction: TransactionOrder | undefined;

  constructor(inner: DatabaseConnection, guarding: Guarding) {
    this.inner = inner;
    this.#guarding = guarding;
  }

  begin(): void {
    this.#transaction = new TransactionOrder(this.#guarding.endsTransactions);
  }

  /** Resolves when all statements of the transaction were answered; throws what failed first. */
  end(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    return transaction?.settled() ?? Promise.resolve();
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const send = () =>
      guard(async () => {
        query.parameters.forEach(requireKeepable);
        this.#guarding.onStatement(query.sql);
        return this.inner.executeQuery<Row>(query);
      });
    return this.#transaction?.add(send) ?? send();
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize);
  }
}

/**
 * The statements of a transaction, in the order of the calls. MySQL and SQLite may have taken back the whole transaction
 * when they answer that a statement failed, and would keep for ever what comes after it: there each waits for the one
 * before. PostgreSQL refuses what comes after it, and is not waited for.
 */
class TransactionOrder {
  readonly #endsTransactions: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(endsTransactions: boolean) {
    this.#endsTransactions = endsTransactions;
  }

  add<Result>(send: () => Promise<Result>): Promise<Result> {
    const unlessFailed = async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      return send();
    };
    const answer = this.#endsTransactions ? unlessFailed() : this.#last.then(unlessFailed);
    const told = answer.catch((error: unknown) => {
      this.#failure ??= { error };
      throw this.#failure.error;
    });
    this.#last = told.catch(() => {});
    return told;
  }

  /** Throws what failed first. */
  async settled(): Promise<void> {
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure.error;
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
