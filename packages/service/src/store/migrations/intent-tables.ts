import type { TableBuilder } from './table-builder.ts';

/** What is asked for: device profiles and operations; and how it leaves: outbox and events. */
export async function createIntentTables(tables: TableBuilder): Promise<void> {
  await createDeviceProfiles(tables);
  await createOperations(tables);
  await createOutbox(tables);
  await createEvents(tables);
}

async function createDeviceProfiles(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'device_profile',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['name', 'text-255'],
      ['description', 'long-text', 'null'],
      ['groups', 'long-text'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id'], ['name']],
  });
}

async function createOperations(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'operation',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['verb', 'text-16'],
      ['state', 'text-16'],
      ['host', 'text-255'],
      ['driver', 'text-64', 'null'],
      // No reference: an operation outlives its device.
      ['device_id', 'text-36', 'null'],
      ['target', 'long-text', 'null'],
      ['arguments', 'long-text'],
      ['progress', 'fraction', 'null'],
      ['note', 'long-text', 'null'],
      ['attempts', 'integer'],
      ['error', 'long-text', 'null'],
      ['requested_by', 'text-255'],
      ['idempotency_key', 'text-255', 'null'],
      ['version', 'integer'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
      ['ended_at', 'moment', 'null'],
      ['deadline_at', 'moment'],
      ['next_attempt_at', 'moment', 'null'],
      ['cancel_requested_at', 'moment', 'null'],
    ],
    unique: [['id'], ['requested_by', 'idempotency_key']],
    indexes: [['next_attempt_at'], ['ended_at'], ['device_id', 'number'], ['host', 'number']],
  });
}

async function createOutbox(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'outbox',
    key: 'id',
    columns: [
      ['destination', 'text-255'],
      ['topic', 'text-64'],
      ['payload', 'long-text'],
      ['attempts', 'integer'],
      ['next_attempt_at', 'moment'],
      ['last_error', 'long-text', 'null'],
      ['created_at', 'moment'],
    ],
    indexes: [['destination', 'id'], ['next_attempt_at']],
  });
  await tables.create({
    name: 'outbox_lane',
    key: ['destination'],
    columns: [
      ['destination', 'text-255'],
      ['lease_owner', 'text-36', 'null'],
      ['lease_until', 'moment'],
    ],
  });
}

async function createEvents(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'event',
    key: ['id'],
    columns: [
      ['id', 'moment'],
      ['type', 'text-64'],
      ['subject', 'text-255'],
      ['host', 'text-255', 'null'],
      ['data', 'long-text'],
      ['at', 'moment'],
    ],
    indexes: [['at']],
  });
  await tables.create({
    name: 'event_counter',
    key: ['name'],
    columns: [
      ['name', 'text-16'],
      ['value', 'moment'],
    ],
  });
}
