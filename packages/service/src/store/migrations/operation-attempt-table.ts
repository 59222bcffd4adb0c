import type { TableBuilder } from './table-builder.ts';

/** How the attempts of operations ended on their hosts, and what they did there. */
export async function createOperationAttemptTable(tables: TableBuilder): Promise<void> {
  await tables.create({
    name: 'operation_attempt',
    key: ['operation_id', 'attempt'],
    columns: [
      ['operation_id', 'text-36'],
      ['attempt', 'integer'],
      ['outcome', 'text-16'],
      ['error', 'long-text', 'null'],
      ['done', 'long-text'],
      ['plan', 'long-text', 'null'],
      ['ended_at', 'moment'],
    ],
    references: [['operation_id', 'operation', 'id']],
  });
}
