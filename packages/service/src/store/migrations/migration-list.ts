import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { StoreTarget } from '../store-init.ts';
import { createAcceleratorRequestTable } from './accelerator-request-table.ts';
import { createAttachmentTables } from './attachment-tables.ts';
import { createAuditTable } from './audit-table.ts';
import { createDeviceHealthTable } from './device-health-table.ts';
import { createDriverCallsTable } from './driver-calls-table.ts';
import { createDriverStatsTable } from './driver-stats-table.ts';
import { createEventArrivalTable } from './event-arrival-table.ts';
import { createHostTables } from './host-tables.ts';
import { createImageTables } from './image-tables.ts';
import { createImportedRowTable } from './imported-row-table.ts';
import { createIntentTables } from './intent-tables.ts';
import { createInventoryTables } from './inventory-tables.ts';
import { createOperationAttemptTable } from './operation-attempt-table.ts';
import { createQuotaTable } from './quota-table.ts';
import { dropRequestLockCounter } from './requests-held-by-reading.ts';
import { type TableBuilder, tableBuilder } from './table-builder.ts';
import { addUntouchedDevices } from './untouched-devices.ts';
import { createWebhookTable } from './webhook-table.ts';

/**
 * Every change of the tables, in order, for all three databases. A migration that has been released never
 * changes; a new one is added at the end.
 */
const migrations: Readonly<Record<string, (tables: TableBuilder) => Promise<void>>> = {
  '0001-hosts': createHostTables,
  '0002-inventory': createInventoryTables,
  '0003-intents': createIntentTables,
  '0004-accelerator-requests': createAcceleratorRequestTable,
  '0005-driver-stats': createDriverStatsTable,
  '0006-quotas': createQuotaTable,
  '0007-audit': createAuditTable,
  '0008-imported-rows': createImportedRowTable,
  '0009-images': createImageTables,
  '0010-attachments': createAttachmentTables,
  '0011-operation-attempts': createOperationAttemptTable,
  '0012-untouched-devices': addUntouchedDevices,
  '0013-device-health': createDeviceHealthTable,
  '0014-webhooks': createWebhookTable,
  '0015-driver-calls': createDriverCallsTable,
  '0016-event-arrivals': createEventArrivalTable,
  '0017-requests-held-by-reading': dropRequestLockCounter,
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
