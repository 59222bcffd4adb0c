import type { TableBuilder } from './table-builder.ts';

/**
 * Whether anybody has ever had a device made ready. Of the devices that are there nobody can tell, so it is null: no
 * rule takes one that an operator may have taken back.
 */
export async function addUntouchedDevices(tables: TableBuilder): Promise<void> {
  await tables.addColumn('device', ['untouched', 'flag']);
}
