import type { TableBuilder } from './table-builder.ts';

/** Where events are sent, and how far each receiver is. */
export async function createWebhookTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'webhook',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['name', 'text-255'],
      ['url', 'long-text'],
      ['events', 'long-text'],
      ['state', 'text-16'],
      ['reason', 'long-text', 'null'],
      // As it is: whoever signs needs the secret itself.
      ['secret', 'text-255'],
      ['old_secret', 'text-255', 'null'],
      ['old_secret_until', 'moment', 'null'],
      ['after_event', 'moment'],
      ['failures', 'integer'],
      ['failing_since', 'moment', 'null'],
      ['next_attempt_at', 'moment'],
      ['last_attempt', 'long-text', 'null'],
      ['last_delivered_at', 'moment', 'null'],
      ['events_lost', 'integer'],
      ['last_lost_at', 'moment', 'null'],
      ['lease_owner', 'text-64', 'null'],
      ['lease_until', 'moment'],
      ['requested_by', 'text-255'],
      ['idempotency_key', 'text-255', 'null'],
      ['asked', 'long-text'],
      ['version', 'integer'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id'], ['name'], ['requested_by', 'idempotency_key']],
  });
}
