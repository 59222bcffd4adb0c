import type { TableBuilder } from './table-builder.ts';

/** The latest readings of each driver on each host, and none before them. */
export async function createDriverStatsTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'driver_stats',
    key: ['host', 'driver'],
    columns: [
      ['host', 'text-255'],
      ['driver', 'text-64'],
      ['sample', 'long-text'],
      ['read_at', 'moment'],
    ],
    indexes: [['read_at']],
    references: [['host', 'host', 'name']],
  });
}
