import type { TableBuilder } from './table-builder.ts';

/** How many accelerator requests projects may have, and the rows that are held while these are counted. */
export async function createQuotaTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'quota',
    key: ['project_id', 'resource_class'],
    columns: [
      ['project_id', 'text-255'],
      ['resource_class', 'text-255'],
      // Null: as the configuration says; the row is there to be held.
      ['most', 'integer', 'null'],
      ['lock_counter', 'integer'],
    ],
  });
  await tables.index('accelerator_request', ['project_id', 'resource_class']);
}
