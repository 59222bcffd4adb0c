import { randomUUID } from 'node:crypto';
import type { Uuid } from '@cyborgjs/core';
import { pino } from 'pino';
import { createStore } from '../src/store/create-store.ts';
import { openDatabase } from '../src/store/open-database.ts';
import type { Store } from '../src/store/store.ts';
import type { StoreInit, StoreTarget } from '../src/store/store-init.ts';
import type { Tables } from '../src/store/tables.ts';
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

/** Databases of servers that nobody uses: to empty one takes far less than to make one with all tables. */
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

/** Every table, those that refer to others first. */
const emptied: Readonly<Record<keyof Tables, true>> = {
  operation_attempt: true,
  attachment: true,
  host_ledger_entry: true,
  host_ledger: true,
  accelerator_request: true,
  attribute: true,
  attach_handle: true,
  deployable: true,
  device_health: true,
  device: true,
  driver_stats: true,
  driver_calls: true,
  host_driver: true,
  host: true,
  device_profile: true,
  quota: true,
  audit: true,
  imported_row: true,
  operation: true,
  image_piece: true,
  image: true,
  outbox: true,
  outbox_lane: true,
  event: true,
  event_arrival: true,
  event_counter: true,
  webhook: true,
};

async function clearTables(target: StoreTarget): Promise<void> {
  const { db, close } = await openDatabase(target, { log: silentLog });
  await db.transaction().execute(async (transaction) => {
    for (const table of Object.keys(emptied) as (keyof Tables)[])
      await transaction.deleteFrom(table).execute();
  });
  await close();
}
