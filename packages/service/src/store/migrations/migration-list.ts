import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreTarget } from '../store-init.ts';
import { createAcceleratorRequestTable } from './accelerator-request-table.ts';
import { createAttachmentTables } from './attachment-tables.ts';
import { createHostTables } from './host-tables.ts';
import { createIntentTables } from './intent-tables.ts';
import { createInventoryTables } from './inventory-tables.ts';
import { createOperationAttemptTable } from './operation-attempt-table.ts';
import { type TableBuilder, tableBuilder } from './table-builder.ts';

/**
 * Every change of the tables, in order, for all three databases. A migration that has been released never
 * changes; a new one is added at the end.
 */
const migrations: Readonly<Record<string, (tables: TableBuilder) => Promise<void>>> = {
  '0001-hosts': createHostTables,
  '0002-inventory': createInventoryTables,
  '0003-intents': createIntentTables,
  '0004-accelerator-requests': createAcceleratorRequestTable,
  '0008-attachments': createAttachmentTables,
  '0009-operation-attempts': createOperationAttemptTable,
};

/** The list as kysely's migrator wants it. */
export function migrationList(kind: StoreTarget['kind']): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(migrations).map(([name, change]) => [
      name,
      { up: async (db: Kysely<unknown>) => change(await tableBuilder(db, kind)) },
    ]),
  );
}
