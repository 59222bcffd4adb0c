import type { TableBuilder } from './table-builder.ts';

/** What is given to consumers directly, and what hosts say that they hold. */
export async function createAttachmentTables(tables: TableBuilder): Promise<void> {
  await createAttachments(tables);
  await createHostLedgers(tables);
}

async function createAttachments(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'attachment',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['project_id', 'text-255'],
      ['state', 'text-16'],
      ['consumer_type', 'text-16'],
      ['consumer_id', 'text-255'],
      ['wanted', 'long-text'],
      ['host', 'text-255', 'null'],
      ['device_id', 'text-36', 'null'],
      ['deployable_id', 'text-36', 'null'],
      ['refused', 'long-text'],
      ['connection', 'long-text', 'null'],
      ['operation_id', 'text-36', 'null'],
      ['failure', 'long-text', 'null'],
      ['release', 'text-16', 'null'],
      ['claim', 'text-16'],
      ['claim_due_at', 'moment', 'null'],
      ['claim_failures', 'integer'],
      ['requested_by', 'text-255'],
      ['idempotency_key', 'text-255', 'null'],
      ['version', 'integer'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id'], ['requested_by', 'idempotency_key']],
    indexes: [
      ['project_id', 'number'],
      ['consumer_id', 'number'],
      ['host', 'number'],
      ['claim_due_at'],
      ['state', 'updated_at'],
    ],
  });
}

async function createHostLedgers(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'host_ledger',
    key: ['host'],
    columns: [
      ['host', 'text-255'],
      ['agent_run', 'moment'],
      ['observed_at', 'moment'],
      ['told_at', 'moment'],
    ],
    references: [['host', 'host', 'name']],
  });
  await tables.create({
    name: 'host_ledger_entry',
    key: ['host', 'driver', 'handle'],
    columns: [
      ['host', 'text-255'],
      ['driver', 'text-64'],
      ['handle', 'text-255'],
      ['held', 'long-text', 'null'],
      ['since', 'moment'],
    ],
    references: [['host', 'host', 'name']],
  });
}
