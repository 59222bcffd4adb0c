import { CompiledQuery, type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { connectTimeoutMs, poolConnections } from './pool-limits.ts';
import { preparingPool } from './preparing-pool.ts';

/** PostgreSQL at this URL; it connects when it is first used. */
export function postgresqlDialect(connectionString: string, log: Logger): Dialect {
  const pool = new pg.Pool({
    connectionString,
    max: poolConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    // A statement leaves before the one before it is answered.
    pipeline: true,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // A connection that breaks is replaced by the pool; unheard, its error would end the process, also when it
  // breaks between two statements of a transaction, which is when only the client itself tells.
  pool.on('error', (err) => log.warn({ err }, 'an idle connection to PostgreSQL broke'));
  pool.on('connect', (client) => void client.on('error', () => {}));
  return new PostgresDialect({
    pool: preparingPool(pool),
    onCreateConnection: async (connection) => {
      await connection.executeQuery(
        CompiledQuery.raw('set session characteristics as transaction isolation level read committed'),
      );
    },
  });
}

/** `int8` (20) as a number: ours are times and counts, far below 2^53. */
function parserOf(typeId: number, format?: 'text' | 'binary'): unknown {
  return typeId === 20 ? Number : pg.types.getTypeParser(typeId, format as 'text');
}
