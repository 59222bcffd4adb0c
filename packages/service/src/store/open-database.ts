import {
  CompiledQuery,
  type Dialect,
  HandleEmptyInListsPlugin,
  Kysely,
  MysqlDialect,
  PostgresDialect,
  replaceWithNoncontingentExpression,
} from 'kysely';
import { Migrator } from 'kysely/migration';
import { createPool } from 'mysql2';
import pg from 'pg';
import type { Logger } from 'pino';
import { guardedDialect } from './guarded-dialect.ts';
import { migrationList } from './migrations/migration-list.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { StoreInit, StoreTarget } from './store-init.ts';
import type { Tables } from './tables.ts';

const connections = 10;
const connectTimeoutMs = 5_000;

/** An open database. */
export interface Database {
  readonly db: Kysely<Tables>;
  /** Ends all connections; whoever asks afterwards gets `store.unavailable`. */
  close(): Promise<void>;
}

/**
 * Opens a database and brings its tables up to date. Throws `store.unavailable` when it does not answer or lets us
 * not in.
 */
export async function openDatabase(
  target: StoreTarget,
  { log, onStatement }: Pick<StoreInit, 'log' | 'onStatement'>,
): Promise<Database> {
  const dialect = guardedDialect(dialectOf(target, log), onStatement);
  const db = new Kysely<Tables>({
    dialect,
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  });
  try {
    await migrate(db, target, log);
  } catch (error) {
    await dialect.close().catch(() => {});
    throw error;
  }
  return { db, close: dialect.close };
}

async function migrate(db: Kysely<Tables>, { kind }: StoreTarget, log: Logger): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrationList(kind) } });
  const { error, results } = await migrator.migrateToLatest();
  for (const { migrationName, status } of results ?? [])
    log.info({ migrationName, status }, 'tables changed');
  if (error !== undefined) throw error;
}

function dialectOf(target: StoreTarget, log: Logger): Dialect {
  if (target.kind === 'sqlite') return nodeSqliteDialect(target.file);
  return target.kind === 'mysql' ? mysqlDialect(target.url) : postgresqlDialect(target.url, log);
}

function mysqlDialect(uri: string): Dialect {
  return new MysqlDialect({
    pool: createPool({
      uri,
      connectionLimit: connections,
      connectTimeout: connectTimeoutMs,
      charset: 'UTF8MB4_BIN',
      enableKeepAlive: true,
    }),
    onCreateConnection: async (connection) => {
      // Each statement sees what is committed, as on PostgreSQL; and what does not fit is refused, not cut off.
      await connection.executeQuery(
        CompiledQuery.raw('set session transaction isolation level read committed'),
      );
      await connection.executeQuery(CompiledQuery.raw("set session sql_mode = 'STRICT_ALL_TABLES'"));
    },
  });
}

function postgresqlDialect(connectionString: string, log: Logger): Dialect {
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // A connection that breaks is replaced by the pool; unheard, its error would end the process, also when it
  // breaks between two statements of a transaction, which is when only the client itself tells.
  pool.on('error', (err) => log.warn({ err }, 'an idle connection to PostgreSQL broke'));
  pool.on('connect', (client) => void client.on('error', () => {}));
  return new PostgresDialect({
    pool,
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
