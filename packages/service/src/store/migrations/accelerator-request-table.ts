import type { TableBuilder } from './table-builder.ts';

/** What Nova asks for: one row per accelerator. What a request holds stands with the attach handle. */
export async function createAcceleratorRequestTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'accelerator_request',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['project_id', 'text-255', 'null'],
      ['state', 'text-16'],
      ['device_profile_id', 'text-36'],
      ['group_index', 'integer'],
      ['resource_class', 'text-255', 'null'],
      ['host', 'text-255', 'null'],
      ['provider_id', 'text-36', 'null'],
      ['instance_id', 'text-36', 'null'],
      ['operation_id', 'text-36', 'null'],
      ['failure', 'long-text', 'null'],
      ['lock_counter', 'integer'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id']],
    indexes: [['project_id', 'number'], ['instance_id', 'number'], ['operation_id']],
    references: [['device_profile_id', 'device_profile', 'id', 'keep']],
  });
}
