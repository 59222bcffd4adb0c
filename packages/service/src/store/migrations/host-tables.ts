import type { TableBuilder } from './table-builder.ts';

/** Hosts and the drivers on them. */
export async function createHostTables(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'host',
    key: ['name'],
    columns: [
      ['name', 'text-255'],
      ['state', 'text-16'],
      ['simulated', 'flag'],
      ['agent_version', 'text-255'],
      ['boot_id', 'text-255'],
      ['agent_run', 'moment'],
      ['admit_revision', 'moment'],
      ['lock_counter', 'moment'],
      ['placement', 'long-text'],
      ['last_seen_at', 'moment'],
      ['created_at', 'moment'],
    ],
    indexes: [['state', 'last_seen_at']],
  });
  await tables.create({
    name: 'host_driver',
    key: ['host', 'driver'],
    columns: [
      ['host', 'text-255'],
      ['driver', 'text-64'],
      ['package', 'text-255'],
      ['version', 'text-255'],
      ['state', 'text-16'],
      ['verbs', 'long-text'],
      ['restarts', 'integer'],
      ['failure', 'long-text', 'null'],
      ['agent_run', 'moment'],
      ['last_sequence', 'moment'],
      ['stale', 'flag'],
      ['last_report_at', 'moment', 'null'],
    ],
    indexes: [['stale', 'last_report_at']],
    references: [['host', 'host', 'name']],
  });
}
