import type { TableBuilder } from './table-builder.ts';

/** Events of one transaction each, until they have ids. */
export async function createEventArrivalTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'event_arrival',
    key: 'number',
    columns: [
      ['events', 'long-text'],
      ['at', 'moment'],
    ],
  });
}
