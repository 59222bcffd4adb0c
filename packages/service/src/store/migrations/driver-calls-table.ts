import type { TableBuilder } from './table-builder.ts';

/** How long the calls of each driver on each host have taken since its agent started, and nothing before that. */
export async function createDriverCallsTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'driver_calls',
    key: ['host', 'driver'],
    columns: [
      ['host', 'text-255'],
      ['driver', 'text-64'],
      ['calls', 'long-text'],
      ['told_at', 'moment'],
    ],
    indexes: [['told_at']],
    references: [['host', 'host', 'name']],
  });
}
