import { randomUUID } from 'node:crypto';
import type { Uuid } from '@cyborgjs/core';
import { pino } from 'pino';
import { createStore } from '../src/store/create-store.ts';
import { openDatabase } from '../src/store/open-database.ts';
import type { Store } from '../src/store/store.ts';
import type { StoreInit, StoreTarget } from '../src/store/store-init.ts';
import type { TestDatabase } from './test-databases.ts';

export {
  memoryDatabase,
  sqliteDatabase,
  suiteName,
  type TestDatabase,
  testDatabases,
} from './test-databases.ts';

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

/** A store on an empty database of its own. */
export async function openTestStore(
  database: TestDatabase,
  init: Partial<StoreInit> = {},
): Promise<TestStore> {
  const { target, leave } = await borrow(database);
  const store = await createStore(target, { now: testClock().now, newId, log: silentLog, ...init });
  return {
    store,
    target,
    clear: () => clearTables(target),
    end: async () => {
      await store.close();
      await leave();
    },
  };
}

/** Databases of servers that nobody uses: to empty one takes a hundredth of what it takes to make one with all tables. */
const spare = new Map<TestDatabase, StoreTarget[]>();

async function borrow(
  database: TestDatabase,
): Promise<{ readonly target: StoreTarget; leave(): Promise<void> }> {
  const known = spare.get(database)?.pop();
  if (known === undefined) {
    const { target, drop } = await database.create();
    return { target, leave: target.kind === 'sqlite' ? drop : () => giveBack(database, target) };
  }
  return { target: known, leave: () => giveBack(database, known) };
}

async function giveBack(database: TestDatabase, target: StoreTarget): Promise<void> {
  await clearTables(target);
  spare.set(database, [...(spare.get(database) ?? []), target]);
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
  'device_health',
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
] as const;

async function clearTables(target: StoreTarget): Promise<void> {
  const { db, close } = await openDatabase(target, { log: silentLog });
  await db.transaction().execute(async (transaction) => {
    for (const table of tables) await transaction.deleteFrom(table).execute();
  });
  await close();
}
