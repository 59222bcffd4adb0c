import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Uuid } from '@cyborgjs/core';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { pino } from 'pino';
import { createStore } from '../src/store/create-store.ts';
import { openDatabase } from '../src/store/open-database.ts';
import type { Store } from '../src/store/store.ts';
import type { StoreInit, StoreTarget } from '../src/store/store-init.ts';

/** One kind of database that a suite can run on. */
export interface TestDatabase {
  readonly kind: StoreTarget['kind'];
  /** Why it cannot be used here; undefined when it can. */
  readonly missing: string | undefined;
  /** Makes an empty database; `drop` removes it. */
  create(): Promise<{ readonly target: StoreTarget; drop(): Promise<void> }>;
}

/** A clock that stands still until it is moved. */
export interface TestClock {
  now(): number;
  advance(ms: number): void;
}

export const silentLog = pino({ level: 'silent' });
export const newId = (): Uuid => randomUUID() as Uuid;

export function testClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let time = start;
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}

export interface TestStore {
  readonly store: Store;
  readonly target: StoreTarget;
  /** Empties all tables: much faster than another database. */
  clear(): Promise<void>;
  /** Closes the store and removes its database. */
  end(): Promise<void>;
}

/** A store on a fresh database of its own. */
export async function openTestStore(
  database: TestDatabase,
  init: Partial<StoreInit> = {},
): Promise<TestStore> {
  const { target, drop } = await database.create();
  const store = await createStore(target, { now: testClock().now, newId, log: silentLog, ...init });
  return {
    store,
    target,
    clear: () => clearTables(target),
    end: async () => {
      await store.close();
      await drop();
    },
  };
}

/** Those that refer to others first. */
const tables = [
  'operation_attempt',
  'attachment',
  'host_ledger_entry',
  'host_ledger',
  'accelerator_request',
  'attribute',
  'attach_handle',
  'deployable',
  'device',
  'host_driver',
  'host',
  'device_profile',
  'quota',
  'audit',
  'imported_row',
  'operation',
  'outbox',
  'outbox_lane',
  'event',
  'event_counter',
  'webhook',
] as const;

async function clearTables(target: StoreTarget): Promise<void> {
  const { db, close } = await openDatabase(target, { log: silentLog });
  for (const table of tables) await db.deleteFrom(table).execute();
  await close();
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
        drop: () => onMariadb(server, `drop database ${name}`),
      };
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
        drop: () => onPostgresql(server, `drop database ${name} with (force)`),
      };
    },
  };
}

const freshName = (): string => `cyborg_test_${randomUUID().replaceAll('-', '')}`;

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function onMariadb(server: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: server, connectTimeout: 2_000 });
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

async function onPostgresql(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    await client.query(statement);
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
