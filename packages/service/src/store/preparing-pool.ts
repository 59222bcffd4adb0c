import { createHash } from 'node:crypto';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';

/** Statements that each connection keeps prepared, at most, and how often a statement is sent before it is one of them. */
const mostPrepared = 256;
const sentBefore = 4;
/** Texts that are counted: most that come once only have lists of their own lengths. */
const mostCounted = 4_096;

/** SQLSTATE of what was prepared for a table that has other columns now. */
const outdated = '0A000';
/** SQLSTATEs of a name that is not known, or known already: a pooler in between changes connections, and does not prepare. */
const strangeNames = new Set<unknown>(['26000', '42P05']);

/**
 * The same connections, which keep prepared what is sent again and again: parsing and planning a small statement takes
 * PostgreSQL longer than running it.
 */
export function preparingPool(pool: Pool): PostgresPool {
  const names = new StatementNames();
  const clients = new WeakMap<PoolClient, PreparingClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client) ?? new PreparingClient(client, names);
      clients.set(client, known);
      return known;
    },
  };
}

/** The names that statements are prepared under, the same in all connections. */
class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #sent = new Map<string, number>();
  #generation = 0;
  #most = mostPrepared;

  /** Undefined while a statement is not to be prepared. */
  of(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size >= this.#most) return name;
    const sent = (this.#sent.get(text) ?? 0) + 1;
    if (this.#sent.size >= mostCounted) this.#sent.clear();
    this.#sent.set(text, sent);
    if (sent > sentBefore) this.#names.set(text, nameOf(text, this.#generation));
    return this.#names.get(text);
  }

  /** Nothing is asked for any more by the names given so far. */
  forget(): void {
    this.#names.clear();
    this.#sent.clear();
    this.#generation += 1;
  }

  /** Nothing is prepared any more. */
  stop(): void {
    this.forget();
    this.#most = 0;
  }
}

/** A name means one text and no other: behind a pooler another process may have prepared what we ask for by it. */
function nameOf(text: string, generation: number): string {
  return `cyborg_${generation}_${createHash('sha256').update(text).digest('base64url')}`;
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #names: StatementNames;

  constructor(client: PoolClient, names: StatementNames) {
    this.#client = client;
    this.#names = names;
  }

  query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query(text: unknown, values: readonly unknown[] = []): unknown {
    if (typeof text !== 'string') throw new Error('rows are read at once here, not with a cursor');
    return this.#send(text, [...values]);
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy);
  }

  /** In the order of the calls; what was prepared and cannot be used is sent as it is. */
  async #send(text: string, values: unknown[]): Promise<unknown> {
    const name = this.#names.of(text);
    try {
      return await this.#client.query({ ...(name === undefined ? {} : { name }), text, values });
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (name === undefined || (code !== outdated && !strangeNames.has(code))) throw error;
      if (code === outdated) this.#names.forget();
      else this.#names.stop();
      // Within a transaction nothing can be sent any more: it has to be run again.
      if (this.#client.getTransactionStatus() !== 'I') throw error;
      return await this.#client.query({ text, values });
    }
  }
}
