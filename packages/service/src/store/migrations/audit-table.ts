import type { TableBuilder } from './table-builder.ts';

/** Who asked for which change, and what became of it. */
export async function createAuditTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'audit',
    key: 'number',
    columns: [
      ['request_id', 'text-64'],
      ['global_request_id', 'text-255', 'null'],
      ['at', 'moment'],
      ['user_id', 'text-255'],
      ['project_id', 'text-255', 'null'],
      ['roles', 'long-text'],
      ['service_user_id', 'text-255', 'null'],
      ['method', 'text-16'],
      ['route', 'text-255'],
      ['target', 'long-text'],
      ['outcome', 'text-16'],
      ['status', 'integer'],
      ['error_code', 'text-64', 'null'],
    ],
    unique: [['request_id']],
    indexes: [['at'], ['user_id', 'number'], ['project_id', 'number']],
  });
}
