import type { HostDriver } from '@cyborgjs/core';
import { humanTime } from './human-time.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import { printable } from './printable.ts';
import { type Column, renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Drivers of one or all hosts as a table; `simulatedHosts` names those whose hardware does not exist. */
export function driverListView(drivers: readonly HostDriver[], simulatedHosts: ReadonlySet<string>): View {
  const marked = drivers.map((driver) => ({ ...driver, simulated: simulatedHosts.has(driver.host) }));
  return {
    json: drivers,
    names: drivers.map((driver) => `${driver.host}/${driver.id}`),
    text: (style) => {
      if (marked.length === 0) return '';
      const host = { title: 'HOST', cell: hostOf, narrow: 'shorten' } as const;
      return renderTable({
        width: style.width,
        rows: marked,
        columns: [host, ...driverColumns(marked, style), ...failureColumn(marked)],
      });
    },
    notes: drivers.length === 0 ? ['No driver has reported.'] : markNotes(marked),
  };
}

/** The columns that tell about drivers of one host, but for why they fail. */
export function driverColumns<Row extends HostDriver & { readonly simulated?: boolean }>(
  drivers: readonly Row[],
  { paint, now }: Style,
): readonly Column<Row>[] {
  return [
    { title: 'DRIVER', cell: (driver) => printable(driver.id) },
    { title: 'PACKAGE', cell: (driver) => printable(driver.package), narrow: 'drop' },
    { title: 'VERSION', cell: (driver) => printable(driver.version), narrow: 'drop' },
    { title: 'STATE', cell: (driver) => paint(toneOf(driver.state), driver.state) },
    { title: 'DEVICES', cell: (driver) => String(driver.devices) },
    { title: 'RESTARTS', cell: (driver) => String(driver.restarts) },
    { title: 'LAST REPORT', cell: (driver) => humanTime(driver.lastReportAt, now) },
    ...markColumn(drivers, ({ simulated = false, stale }) => marksOf({ simulated, stale })),
  ];
}

function failureColumn<Row extends HostDriver>(drivers: readonly Row[]): readonly Column<Row>[] {
  if (drivers.every((driver) => driver.failure === null)) return [];
  const cell = ({ failure }: Row) =>
    failure === null ? '' : `${failure.code}: ${printable(failure.message)}`;
  return [{ title: 'FAILURE', cell, narrow: 'shorten' }];
}

const hostOf = (driver: HostDriver): string => printable(driver.host);
