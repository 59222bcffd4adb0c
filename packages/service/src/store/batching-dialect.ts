import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';

/** What of a transaction goes in one packet, at most: statements, and characters of their texts and values. */
const mostStatements = 50;
const mostCharacters = 500_000;

/**
 * The same dialect for a server that takes several statements in one packet (`CLIENT_MULTI_STATEMENTS`), carries them
 * out one after the other, and stops at the first that fails. What a transaction asks at once costs one way there and
 * back, its begin and its commit included. After a statement that failed nothing is sent any more.
 */
export function batchingDialect(dialect: Dialect): Dialect {
  return {
    createDriver: () => new BatchingDriver(dialect.createDriver()),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

class BatchingDriver implements Driver {
  readonly #inner: Driver;
  readonly #batching = new WeakMap<DatabaseConnection, BatchingConnection>();

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await this.#inner.acquireConnection();
    const known = this.#batching.get(inner) ?? new BatchingConnection(inner);
    this.#batching.set(inner, known);
    return known;
  }

  async beginTransaction(connection: DatabaseConnection, _settings: TransactionSettings): Promise<void> {
    batching(connection).begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await batching(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await batching(connection).rollback();
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(batching(connection).inner);
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

function batching(connection: DatabaseConnection): BatchingConnection {
  if (connection instanceof BatchingConnection) return connection;
  throw new TypeError('the connection is one of another driver');
}

/** A statement that waits to be sent, and whoever waits for its answer. */
interface Waiting {
  readonly query: CompiledQuery;
  readonly answer: PromiseWithResolvers<QueryResult<unknown>>;
}

class BatchingConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #waiting: Waiting[] = [];
  /** The transaction that is open, and what failed first of it. */
  #transaction: { failure?: { readonly error: unknown } } | undefined;
  /** While statements of it wait or are under way. */
  #sending: Promise<void> | undefined;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  begin(): void {
    this.#transaction = {};
    // What goes wrong with it goes wrong with all that comes after it.
    this.#add(CompiledQuery.raw('begin')).catch(() => {});
  }

  async commit(): Promise<void> {
    await this.#add(CompiledQuery.raw('commit'));
    this.#transaction = undefined;
  }

  async rollback(): Promise<void> {
    if (this.#transaction !== undefined) this.#transaction.failure ??= { error: new Error('rolled back') };
    await this.#sending;
    this.#transaction = undefined;
    await this.inner.executeQuery(CompiledQuery.raw('rollback'));
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#transaction === undefined) return this.inner.executeQuery<Row>(query);
    return (await this.#add(query)) as QueryResult<Row>;
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize);
  }

  #add(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const answer = Promise.withResolvers<QueryResult<unknown>>();
    this.#waiting.push({ query, answer });
    this.#sending ??= this.#sendAll();
    return answer.promise;
  }

  async #sendAll(): Promise<void> {
    const transaction = this.#transaction;
    while (this.#waiting.length > 0) {
      // Whatever else is asked without waiting for anything comes first.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const batch = this.#waiting.splice(0, packetOf(this.#waiting));
      if (transaction?.failure !== undefined) {
        const { error } = transaction.failure;
        for (const { answer } of batch) answer.reject(error);
        continue;
      }
      try {
        const results = await send(this.inner, batch);
        for (const [index, { answer }] of batch.entries()) answer.resolve(results[index] ?? { rows: [] });
      } catch (error) {
        if (transaction !== undefined) transaction.failure = { error };
        for (const { answer } of batch) answer.reject(error);
      }
    }
    this.#sending = undefined;
  }
}

/** How many of what waits go in one packet. */
function packetOf(waiting: readonly Waiting[]): number {
  let characters = 0;
  const end = waiting.findIndex(({ query }, index) => {
    characters += sizeOf(query);
    return index >= mostStatements || characters > mostCharacters;
  });
  return end === -1 ? waiting.length : Math.max(end, 1);
}

function sizeOf({ sql, parameters }: CompiledQuery): number {
  return parameters.reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 20),
    sql.length,
  );
}

async function send(
  connection: DatabaseConnection,
  batch: readonly Waiting[],
): Promise<QueryResult<unknown>[]> {
  const [first] = batch;
  if (first !== undefined && batch.length === 1) return [await connection.executeQuery(first.query)];
  const sql = batch.map(({ query }) => query.sql).join('; ');
  const parameters = batch.flatMap(({ query }) => query.parameters);
  const { rows } = await connection.executeQuery(CompiledQuery.raw(sql, parameters));
  return rows.map(toResult);
}

/** Of several statements mysql2 tells for each its rows, or an object that says what was changed. */
function toResult(told: unknown): QueryResult<unknown> {
  if (Array.isArray(told)) return { rows: told };
  const { affectedRows, insertId } = told as { readonly affectedRows: number; readonly insertId: number };
  return {
    rows: [],
    numAffectedRows: BigInt(affectedRows),
    ...(insertId === 0 ? {} : { insertId: BigInt(insertId) }),
  };
}
