import type { Device, DeviceStats } from '@cyborgjs/core';
import { deviceLabel, healthText, useOf } from './device-views.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

interface TopRow {
  readonly device: Device;
  readonly stats: DeviceStats | undefined;
}

/** Devices with their latest readings, those first that need to be looked at. */
export function topView(devices: readonly Device[], stats: ReadonlyMap<string, DeviceStats>): View {
  const rows = devices
    .map((device) => ({ device, stats: stats.get(device.id) }))
    .sort((one, other) => urgency(other) - urgency(one));
  return {
    json: rows.map(({ device, stats: read }) => ({ device, stats: read ?? null })),
    names: rows.map(({ device }) => device.id),
    text: (style) => [summaryOf(devices), '', topTable(rows, style)].join('\n'),
    notes:
      devices.length === 0 ? ['No device is known. To look again: cyborg discover HOST'] : markNotes(devices),
  };
}

const healthRank: Readonly<Record<Device['health']['state'], number>> = {
  failed: 3,
  degraded: 2,
  unknown: 1,
  ok: 0,
};

/** Health before load before use. */
function urgency({ device, stats }: TopRow): number {
  const { handles, held } = countHandles([device]);
  const load = reading(stats, 'utilization') ?? 0;
  return healthRank[device.health.state] * 100 + load * 10 + (handles === 0 ? 0 : held / handles);
}

function countHandles(devices: readonly Device[]) {
  const all = devices.flatMap(({ deployables }) => deployables.flatMap(({ handles }) => handles));
  return { handles: all.length, held: all.filter(({ inUse }) => inUse).length };
}

function summaryOf(devices: readonly Device[]): string {
  const { handles, held } = countHandles(devices);
  const count = (is: (device: Device) => boolean) => devices.filter(is).length;
  const sick = count(({ health }) => health.state !== 'ok');
  const ready = count(({ state }) => state === 'ready');
  return `${devices.length} devices, ${ready} ready, ${sick} not well; ${held} of ${handles} accelerators in use`;
}

function topTable(rows: readonly TopRow[], { width, paint }: Style): string {
  if (rows.length === 0) return '';
  return renderTable<TopRow>({
    width,
    rows,
    columns: [
      { title: 'DEVICE', cell: ({ device }) => deviceLabel(device) },
      { title: 'MODEL', cell: ({ device }) => printable(device.model), narrow: 'shorten' },
      { title: 'STATE', cell: ({ device: { state } }) => paint(toneOf(state), state) },
      { title: 'HEALTH', cell: ({ device }) => healthText(device.health, paint), narrow: 'shorten' },
      { title: 'IN USE', cell: ({ device }) => useOf(device.deployables.flatMap(({ handles }) => handles)) },
      { title: 'LOAD', cell: ({ stats }) => shown(reading(stats, 'utilization'), percent) },
      { title: 'MEMORY', cell: ({ stats }) => memoryText(stats), narrow: 'drop' },
      {
        title: 'TEMP',
        cell: ({ stats }) => shown(reading(stats, 'temperature'), (value) => `${Math.round(value)} C`),
      },
      {
        title: 'POWER',
        cell: ({ stats }) => shown(reading(stats, 'power'), (value) => `${Math.round(value)} W`),
      },
      ...markColumn(rows, ({ device }) => marksOf(device)),
    ],
  });
}

const reading = (stats: DeviceStats | undefined, name: string): number | undefined =>
  stats?.readings.find((one) => one.name === name)?.value;

const shown = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '-' : text(value);

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

function memoryText(stats: DeviceStats | undefined): string {
  const [used, total] = [reading(stats, 'memory_used'), reading(stats, 'memory_total')];
  const gib = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);
  return used === undefined || total === undefined ? '-' : `${gib(used)}/${gib(total)} GiB`;
}
