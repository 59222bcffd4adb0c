import type { Host, HostDriver, PlacementStatus } from '@cyborgjs/core';
import { type Detail, renderDetails, renderSections } from './details.ts';
import { driverColumns } from './driver-views.ts';
import { humanTime, momentAndAge } from './human-time.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Hosts as a table. */
export function hostListView(hosts: readonly Host[]): View {
  return {
    json: hosts,
    names: hosts.map((host) => host.name),
    text: (style) => (hosts.length === 0 ? '' : hostTable(hosts, style)),
    notes: hosts.length === 0 ? ['No host has reported yet: start cyborgd there.'] : markNotes(hosts),
  };
}

/** One host with everything an operator needs to see why it does not do what it should. */
export function hostView(host: Host): View {
  return { json: host, names: [host.name], text: (style) => hostPage(host, style), notes: markNotes([host]) };
}

function hostTable(hosts: readonly Host[], { paint, now, width }: Style): string {
  return renderTable<Host>({
    width,
    rows: hosts,
    columns: [
      { title: 'NAME', cell: (host) => printable(host.name), narrow: 'shorten' },
      { title: 'STATE', cell: (host) => paint(toneOf(host.state), host.state) },
      { title: 'DRIVERS', cell: (host) => driversInShort(host.drivers), narrow: 'shorten' },
      { title: 'DEVICES', cell: (host) => String(host.devices) },
      { title: 'PLACEMENT', cell: (host) => placementWord(host.placement) },
      { title: 'AGENT', cell: (host) => printable(host.agentVersion), narrow: 'drop' },
      { title: 'LAST SEEN', cell: (host) => humanTime(host.lastSeenAt, now) },
      ...markColumn(hosts, marksOf),
    ],
  });
}

/** `3 running`, or `2 of 3 running` when one is not or does not report. */
function driversInShort(drivers: readonly HostDriver[]): string {
  const well = drivers.filter((driver) => driver.state === 'running' && !driver.stale).length;
  return well === drivers.length ? `${well} running` : `${well} of ${drivers.length} running`;
}

function placementWord({ enabled, error, agreedAt }: PlacementStatus): string {
  if (!enabled) return 'off';
  if (error !== null) return 'error';
  return agreedAt === null ? 'waiting' : 'agrees';
}

function hostPage(host: Host, style: Style): string {
  const { paint, now } = style;
  const details: Detail[] = [
    ['Name', printable(host.name)],
    ...(host.simulated ? [['Mark', 'simulated'] as const] : []),
    ['State', paint(toneOf(host.state), host.state)],
    ['Last seen', momentAndAge(host.lastSeenAt, now)],
    ['Known since', momentAndAge(host.createdAt, now)],
    ['Agent', printable(host.agentVersion)],
    ['Boot', printable(host.bootId)],
    ['Devices', String(host.devices)],
    ['Placement', placementLines(host.placement, style)],
  ];
  const failures = host.drivers.flatMap((driver) => failureDetail(driver));
  return renderSections(renderDetails(details), [
    ['Drivers', driversOfHost(host.drivers, style)],
    ...(failures.length === 0 ? [] : [['Driver failures', renderDetails(failures)] as const]),
  ]);
}

function driversOfHost(drivers: readonly HostDriver[], style: Style): string {
  if (drivers.length === 0) return 'none: enable drivers in the configuration of its agent';
  // The table is indented by its section.
  const width = style.width === undefined ? undefined : style.width - 2;
  return renderTable({ width, rows: drivers, columns: driverColumns(drivers, style) });
}

function placementLines(placement: PlacementStatus, { paint, now }: Style): readonly string[] {
  if (!placement.enabled) return ['off: this host writes nothing to Placement'];
  const { agreedAt, error, retained } = placement;
  const lastAgreed = `last agreed ${momentAndAge(agreedAt, now)}`;
  const status =
    error === null ? agreement(agreedAt, now) : `${paint('bad', printable(error))}; ${lastAgreed}`;
  if (retained.length === 0) return [status];
  return [
    status,
    'kept while in use, closed to new consumers:',
    ...retained.map((provider) => `  ${printable(provider)}`),
  ];
}

const agreement = (agreedAt: string | null, now: number): string =>
  agreedAt === null ? 'waiting for the first agreement' : `agrees, seen ${momentAndAge(agreedAt, now)}`;

function failureDetail({ id, failure }: HostDriver): Detail[] {
  if (failure === null) return [];
  const about = failure.device === undefined ? '' : ` (${printable(failure.device)})`;
  return [
    [
      id,
      [
        `${failure.code}: ${printable(failure.message)}${about}`,
        ...failure.causes.map((cause) => `because: ${printable(cause)}`),
        ...(failure.hint === undefined ? [] : [`what helps: ${printable(failure.hint)}`]),
      ],
    ],
  ];
}
