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
 * back, its begin and its commit included: it begins with its first statement, in a session without `autocommit`. After
 * a statement that failed nothing is sent any more.
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
  /** Of the session at the server, 1 or 0; undefined where nobody knows. */
  #autocommit: 0 | 1 | undefined;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  begin(): void {
    this.#transaction = {};
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
    if (this.#transaction !== undefined) return (await this.#add(query)) as QueryResult<Row>;
    const [result] = await this.#send([query], 1);
    return result as QueryResult<Row>;
  }

  streamQuery(): never {
    throw new Error('the store reads no streams of rows');
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
        const results = await this.#send(
          batch.map(({ query }) => query),
          0,
        );
        for (const [index, { answer }] of batch.entries()) answer.resolve(results[index] ?? { rows: [] });
      } catch (error) {
        if (transaction !== undefined) transaction.failure = { error };
        for (const { answer } of batch) answer.reject(error);
      }
    }
    this.#sending = undefined;
  }

  /**
   * Sends statements to a session that commits each of them (1), or none (0): there a transaction begins with the first
   * of them, and nothing has to be sent for that by a connection that had one before.
   */
  async #send(queries: readonly CompiledQuery[], autocommit: 0 | 1): Promise<QueryResult<unknown>[]> {
    const mode = autocommit === this.#autocommit ? [] : [CompiledQuery.raw(`set autocommit = ${autocommit}`)];
    this.#autocommit = undefined;
    const results = await send(this.inner, [...mode, ...queries]);
    this.#autocommit = autocommit;
    return results.slice(mode.length);
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
  queries: readonly CompiledQuery[],
): Promise<QueryResult<unknown>[]> {
  const [first] = queries;
  if (first !== undefined && queries.length === 1) return [await connection.executeQuery(first)];
  const sql = queries.map(({ sql }) => sql).join('; ');
  const parameters = queries.flatMap(({ parameters }) => parameters);
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
