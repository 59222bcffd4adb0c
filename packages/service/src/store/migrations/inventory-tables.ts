import type { TableBuilder } from './table-builder.ts';

/** Devices, their deployables, and what of these can be held. */
export async function createInventoryTables(tables: TableBuilder): Promise<void> {
  await createDevices(tables);
  await createDeployables(tables);
  await createHandles(tables);
  await createAttributes(tables);
}

async function createDevices(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'device',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['host', 'text-255'],
      ['driver', 'text-64'],
      ['identity', 'text-255'],
      ['kind', 'text-16'],
      ['vendor', 'text-64'],
      ['model', 'text-255'],
      ['address', 'text-64'],
      ['numa_node', 'integer', 'null'],
      ['health_state', 'text-16'],
      ['health_reason', 'text-1000', 'null'],
      ['firmware', 'long-text'],
      ['attributes', 'long-text'],
      ['state', 'text-16'],
      ['state_reason', 'long-text', 'null'],
      ['state_before_gone', 'text-16', 'null'],
      ['gone_at', 'moment', 'null'],
      ['version', 'integer'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
      ['last_seen_at', 'moment'],
    ],
    unique: [['id'], ['host', 'driver', 'identity']],
    indexes: [['state', 'gone_at']],
    references: [['host', 'host', 'name']],
  });
}

async function createDeployables(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'deployable',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['device_id', 'text-36'],
      ['name', 'text-255'],
      ['resource_class', 'text-255'],
      ['traits', 'long-text'],
      ['total', 'integer'],
      ['present', 'flag'],
      ['provider_id', 'text-36', 'null'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id'], ['device_id', 'name']],
    indexes: [['provider_id']],
    references: [['device_id', 'device', 'id']],
  });
}

async function createHandles(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'attach_handle',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['deployable_id', 'text-36'],
      ['handle', 'text-255'],
      ['type', 'text-16'],
      ['info', 'long-text'],
      ['present', 'flag'],
      ['holder_kind', 'text-32', 'null'],
      ['holder_id', 'text-36', 'null'],
      ['created_at', 'moment'],
    ],
    // A holder has one handle, a handle one holder: no consumer can be given two, no handle to two.
    unique: [['id'], ['deployable_id', 'handle'], ['holder_kind', 'holder_id']],
    references: [['deployable_id', 'deployable', 'id']],
  });
}

async function createAttributes(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'attribute',
    key: 'number',
    columns: [
      ['id', 'text-36'],
      ['deployable_id', 'text-36'],
      ['key', 'text-255'],
      ['value', 'long-text'],
      ['created_at', 'moment'],
      ['updated_at', 'moment', 'null'],
    ],
    unique: [['id']],
    references: [['deployable_id', 'deployable', 'id']],
  });
}
