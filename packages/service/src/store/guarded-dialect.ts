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
  /** Whether the dialect does nothing of a transaction any more after a statement that failed. */
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
      const commit = () => this.#inner.commitTransaction(innerOf(connection));
      await (connection instanceof GuardedConnection ? connection.commit(commit) : commit());
    });
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return guard(async () => {
      if (connection instanceof GuardedConnection) await connection.leave();
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

  /** Throws what failed first of the transaction. */
  async commit(commit: () => Promise<void>): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    await (transaction === undefined ? commit() : transaction.commit(commit));
  }

  /** Resolves when nothing of the transaction is under way any more. */
  async leave(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    await transaction?.settled();
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const send = () =>
      guard(async () => {
        this.#guarding.onStatement(query.sql);
        return this.inner.executeQuery<Row>(query);
      });
    const refusal = refusalOf(query);
    if (this.#transaction !== undefined) return this.#transaction.add(send, refusal);
    return refusal === undefined ? send() : Promise.reject(refusal);
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize);
  }
}

/**
 * The statements of a transaction, in the order of the calls. SQLite may have taken back the whole transaction when it
 * answers that a statement failed, and would keep for ever what comes after it: there each waits for the one before.
 * The others do nothing after it, and are not waited for.
 */
class TransactionOrder {
  readonly #endsTransactions: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(endsTransactions: boolean) {
    this.#endsTransactions = endsTransactions;
  }

  /** Sends a statement in its turn, unless it cannot be sent. */
  add<Result>(send: () => Promise<Result>, refusal: CyborgError | undefined): Promise<Result> {
    if (refusal !== undefined) this.#firstFailure(refusal);
    const unlessFailed = async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      return send();
    };
    const before = this.#last;
    const answer = this.#endsTransactions ? unlessFailed() : before.then(unlessFailed);
    // What failed later can be known sooner: both answers may have come at once, and each takes its own way to here.
    const told = answer.catch(async (error: unknown) => {
      await before;
      throw this.#firstFailure(error);
    });
    this.#last = told.catch(() => {});
    return told;
  }

  /** Where the dialect ends a transaction that failed, the commit goes with what is still under way. */
  async commit(commit: () => Promise<void>): Promise<void> {
    if (!this.#endsTransactions) await this.#last;
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await commit();
    } catch (error) {
      await this.#last;
      throw this.#firstFailure(error);
    }
  }

  async settled(): Promise<void> {
    await this.#last;
  }

  /** This one, unless something has failed before. */
  #firstFailure(error: unknown): unknown {
    this.#failure ??= { error };
    return this.#failure.error;
  }
}

/** PostgreSQL refuses NUL, the others do not: what comes from outside is answered alike whichever it is. */
function refusalOf({ parameters }: CompiledQuery): CyborgError | undefined {
  const text = parameters.find((value) => typeof value === 'string' && value.includes('\0'));
  if (typeof text !== 'string') return undefined;
  const shown = JSON.stringify(text.slice(0, shownCharacters));
  return new CyborgError(
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
