import type { TableBuilder } from './table-builder.ts';

/** What was imported from another service, so that it does not come again after it has gone here. */
export async function createImportedRowTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'imported_row',
    key: ['source_table', 'source_key'],
    columns: [
      ['source_table', 'text-64'],
      ['source_key', 'text-64'],
      ['at', 'moment'],
    ],
  });
}
