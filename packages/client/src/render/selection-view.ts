import type { Device } from '@cyborgjs/core';
import { healthText, useOf } from './device-views.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { View } from './view.ts';

/** One device that was meant, and why it is left alone; null when it is not. */
export interface PlannedChange {
  readonly device: Device;
  readonly leftBecause: string | null;
}

/** What would be done to which devices. */
export function selectionView(verb: string, plan: readonly PlannedChange[]): View {
  const devices = plan.map(({ device }) => device);
  return {
    json: plan.map(({ device: { id, host, address, model, state, health }, leftBecause }) => ({
      ...{ deviceId: id, host, address, model, state, health },
      action: leftBecause === null ? verb : null,
      leftBecause,
    })),
    names: plan.flatMap(({ device, leftBecause }) => (leftBecause === null ? [device.id] : [])),
    text: ({ width, paint }) =>
      plan.length === 0
        ? ''
        : renderTable<PlannedChange>({
            width,
            rows: plan,
            columns: [
              { title: 'ID', cell: ({ device }) => device.id, narrow: 'id' },
              { title: 'HOST', cell: ({ device }) => printable(device.host), narrow: 'shorten' },
              { title: 'ADDRESS', cell: ({ device }) => printable(device.address) },
              { title: 'MODEL', cell: ({ device }) => printable(device.model), narrow: 'shorten' },
              { title: 'DRIVER', cell: ({ device }) => printable(device.driver), narrow: 'drop' },
              { title: 'STATE', cell: ({ device: { state } }) => paint(toneOf(state), state) },
              { title: 'HEALTH', cell: ({ device }) => healthText(device.health, paint), narrow: 'shorten' },
              {
                title: 'IN USE',
                cell: ({ device }) => useOf(device.deployables.flatMap(({ handles }) => handles)),
                narrow: 'drop',
              },
              {
                title: 'WHAT',
                cell: ({ leftBecause }) =>
                  leftBecause === null ? verb : paint('faint', `nothing: ${leftBecause}`),
              },
              ...markColumn(plan, ({ device }) => marksOf(device)),
            ],
          }),
    notes: [...markNotes(devices), selectionSummary(verb, plan)],
  };
}

/** `ready: 3 devices; 2 are left alone`. */
export function selectionSummary(verb: string, plan: readonly PlannedChange[]): string {
  if (plan.length === 0) return 'No device fits. To see which there are: cyborg device list';
  const left = plan.filter(({ leftBecause }) => leftBecause !== null).length;
  const done = plan.length - left;
  const rest = left === 0 ? '' : `; ${left} ${left === 1 ? 'is' : 'are'} left alone`;
  return `${verb}: ${done} ${done === 1 ? 'device' : 'devices'}${rest}`;
}
