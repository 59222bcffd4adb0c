import type { AuditRecord } from '@cyborgjs/core';
import { humanTime } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import type { Style, View } from './view.ts';

const tones = { done: 'good', refused: 'warning', failed: 'bad' } as const;

/** Who asked for which change, as a table. */
export function auditListView(records: readonly AuditRecord[]): View {
  return {
    json: records,
    names: records.map(({ requestId }) => requestId),
    text: (style) => (records.length === 0 ? '' : auditTable(records, style)),
    notes: records.length === 0 ? ['No request fits.'] : [],
  };
}

function auditTable(records: readonly AuditRecord[], { paint, now, width }: Style): string {
  return renderTable<AuditRecord>({
    width,
    rows: records,
    columns: [
      { title: 'WHEN', cell: ({ at }) => humanTime(at, now) },
      { title: 'USER', cell: whoIn, narrow: 'shorten' },
      { title: 'PROJECT', cell: ({ projectId }) => printable(projectId ?? '-'), narrow: 'drop' },
      { title: 'REQUEST', cell: ({ method, route }) => printable(`${method} ${route}`), narrow: 'shorten' },
      { title: 'TARGET', cell: ({ target }) => printable(target), narrow: 'shorten' },
      {
        title: 'OUTCOME',
        cell: ({ outcome, status, errorCode }) =>
          paint(tones[outcome], `${outcome} ${status}`) + (errorCode === null ? '' : ` ${errorCode}`),
      },
      { title: 'ID', cell: ({ requestId }) => printable(requestId), narrow: 'drop' },
    ],
  });
}

/** Who asked, and by way of which service. */
function whoIn({ userId, serviceUserId }: AuditRecord): string {
  return printable(serviceUserId === null ? userId : `${userId} via ${serviceUserId}`);
}
