import { type Dialect, HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Logger } from 'pino';
import { guardedDialect } from './guarded-dialect.ts';
import { migrationList } from './migrations/migration-list.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { StoreInit, StoreTarget } from './store-init.ts';
import type { Tables } from './tables.ts';

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
  { log, onStatement = () => {} }: Pick<StoreInit, 'log' | 'onStatement'>,
): Promise<Database> {
  const endsTransactions = target.kind !== 'sqlite';
  const dialect = guardedDialect(await dialectOf(target, log), { endsTransactions, onStatement });
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

/** The client of one kind of database is loaded where that is the one: a process has no use for the others. */
async function dialectOf(target: StoreTarget, log: Logger): Promise<Dialect> {
  if (target.kind === 'sqlite') return nodeSqliteDialect(target.file);
  if (target.kind === 'mysql') return (await import('./mysql-dialect.ts')).mysqlDialect(target.url);
  return (await import('./postgresql-dialect.ts')).postgresqlDialect(target.url, log);
}
