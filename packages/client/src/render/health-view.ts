import type { HealthPeriod } from '@cyborgjs/core';
import { humanDuration } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** How a device felt, as a table. */
export function healthView(periods: readonly HealthPeriod[]): View {
  return {
    json: periods,
    names: periods.map(({ state }) => state),
    text: (style) => (periods.length === 0 ? '' : healthTable(periods, style)),
    notes: periods.length === 0 ? ['Its health has not changed since it is kept.'] : [],
  };
}

function healthTable(periods: readonly HealthPeriod[], { width, paint, now }: Style): string {
  return renderTable<HealthPeriod>({
    width,
    rows: periods,
    columns: [
      { title: 'SINCE', cell: ({ since }) => since },
      { title: 'UNTIL', cell: ({ until }) => until ?? 'now', narrow: 'drop' },
      {
        title: 'FOR',
        cell: ({ since, until }) =>
          humanDuration((until === null ? now : Date.parse(until)) - Date.parse(since)),
      },
      { title: 'HEALTH', cell: ({ state }) => paint(toneOf(state), state) },
      { title: 'REASON', cell: ({ reason }) => printable(reason ?? ''), narrow: 'shorten' },
    ],
  });
}
