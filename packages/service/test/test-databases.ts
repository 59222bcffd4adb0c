import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { StoreTarget } from '../src/store/store-init.ts';

/** One kind of database that a suite can run on. */
export interface TestDatabase {
  readonly kind: StoreTarget['kind'];
  /** Why it cannot be used here; undefined when it can. */
  readonly missing: string | undefined;
  /** Makes an empty database; `drop` removes it. */
  create(): Promise<{ readonly target: StoreTarget; drop(): Promise<void> }>;
  /** Of a server: removes all databases whose names begin like this. */
  dropAll?(prefix: string): Promise<void>;
}

const sqlite: TestDatabase = {
  kind: 'sqlite',
  missing: undefined,
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'cyborg-store-'));
    return {
      target: { kind: 'sqlite', file: join(directory, 'store.sqlite') },
      drop: () => rm(directory, { recursive: true, force: true }),
    };
  },
};

function mariadb(server: string, missing: string | undefined): TestDatabase {
  return {
    kind: 'mysql',
    missing,
    async create() {
      const name = freshName();
      await onMariadb(server, `create database ${name}`);
      return {
        target: { kind: 'mysql', url: withDatabase(server, name) },
        drop: async () => void (await onMariadb(server, `drop database ${name}`)),
      };
    },
    async dropAll(prefix) {
      const named = 'select schema_name as name from information_schema.schemata where schema_name like';
      for (const { name } of await onMariadb(server, `${named} '${prefix}%'`))
        await onMariadb(server, `drop database ${name}`);
    },
  };
}

function postgresql(server: string, missing: string | undefined): TestDatabase {
  return {
    kind: 'postgresql',
    missing,
    async create() {
      const name = freshName();
      await onPostgresql(server, `create database ${name}`);
      return {
        target: { kind: 'postgresql', url: withDatabase(server, name) },
        drop: async () => void (await onPostgresql(server, `drop database ${name} with (force)`)),
      };
    },
    async dropAll(prefix) {
      const named = 'select datname as name from pg_database where datname like';
      for (const { name } of await onPostgresql(server, `${named} '${prefix}%'`))
        await onPostgresql(server, `drop database ${name} with (force)`);
    },
  };
}

/** The databases of one run of vitest begin alike. */
const namePrefix = (): string => `cyborg_test_${process.env.CYBORG_TEST_RUN ?? 'alone'}_`;

const freshName = (): string => `${namePrefix()}${randomUUID().replaceAll('-', '')}`;

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

type Rows = readonly { readonly name?: string }[];

async function onMariadb(server: string, statement: string): Promise<Rows> {
  const connection = await mysql.createConnection({ uri: server, connectTimeout: 2_000 });
  try {
    return (await connection.query(statement))[0] as unknown as Rows;
  } finally {
    await connection.end();
  }
}

async function onPostgresql(server: string, statement: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return (await client.query<Rows[number]>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Undefined when the server answers; the reason when it does not, unless every backend is demanded. */
async function probe(server: string, ask: typeof onMariadb): Promise<string | undefined> {
  try {
    await ask(server, 'select 1');
    return undefined;
  } catch (error) {
    if (process.env.CYBORG_REQUIRE_BACKENDS === '1') throw error;
    return `${new URL(server).host} does not answer`;
  }
}

const mariadbUrl = process.env.CYBORG_TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';
const postgresqlUrl = process.env.CYBORG_TEST_POSTGRESQL_URL ?? 'postgresql://postgres@127.0.0.1:5432';

/** The three databases; those that are not here name the reason, and their suites are skipped under that name. */
export const testDatabases: readonly TestDatabase[] = [
  sqlite,
  mariadb(mariadbUrl, await probe(mariadbUrl, onMariadb)),
  postgresql(postgresqlUrl, await probe(postgresqlUrl, onPostgresql)),
];

/** Removes what the run of vitest that ends has left on the servers. */
export async function dropTestDatabases(): Promise<void> {
  for (const { missing, dropAll } of testDatabases) if (missing === undefined) await dropAll?.(namePrefix());
}

/** SQLite in a file, for suites about files. */
export const sqliteDatabase = sqlite;

/** SQLite in memory: the fastest, for suites about what does not depend on the database. */
export const memoryDatabase: TestDatabase = {
  kind: 'sqlite',
  missing: undefined,
  create: async () => ({ target: { kind: 'sqlite', file: ':memory:' }, drop: async () => {} }),
};

/** The name of a suite on one database. */
export function suiteName(subject: string, { kind, missing }: TestDatabase): string {
  return missing === undefined ? `${subject} on ${kind}` : `${subject} on ${kind} (skipped: ${missing})`;
}
