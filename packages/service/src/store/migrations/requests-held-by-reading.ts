import type { TableBuilder } from './table-builder.ts';

/** Requests are held by the statement that reads them: nothing is written for that any more. */
export async function dropRequestLockCounter(tables: TableBuilder): Promise<void> {
  await tables.dropColumn('accelerator_request', 'lock_counter');
}
