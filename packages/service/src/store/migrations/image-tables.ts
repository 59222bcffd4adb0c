import type { TableBuilder } from './table-builder.ts';

/** What deployables are programmed with, and images that operators have uploaded, in pieces. */
export async function createImageTables(tables: TableBuilder): Promise<void> {
  await tables.addColumn('deployable', ['bitstream_id', 'text-36']);
  await tables.create({
    name: 'image',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['state', 'text-16'],
      ['size', 'moment'],
      ['received', 'moment'],
      ['sha256', 'text-64'],
      ['requested_by', 'text-255'],
      ['created_at', 'moment'],
      ['updated_at', 'moment'],
    ],
    unique: [['id']],
    indexes: [['updated_at']],
  });
  await tables.create({
    name: 'image_piece',
    key: ['image_id', 'start'],
    columns: [
      ['image_id', 'text-36'],
      ['start', 'moment'],
      ['bytes', 'bytes'],
    ],
    references: [['image_id', 'image', 'id']],
  });
}
