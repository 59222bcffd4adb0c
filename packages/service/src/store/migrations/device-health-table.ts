import type { TableBuilder } from './table-builder.ts';

/** How devices felt, and for how long. Of those that are there it begins with the next change. */
export async function createDeviceHealthTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'device_health',
    key: 'number',
    columns: [
      ['device_id', 'text-36'],
      ['state', 'text-16'],
      ['reason', 'text-1000', 'null'],
      ['since', 'moment'],
      ['until', 'moment', 'null'],
    ],
    indexes: [['device_id', 'number'], ['until']],
    references: [['device_id', 'device', 'id']],
  });
}
