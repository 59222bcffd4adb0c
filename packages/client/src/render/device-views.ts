import type { AttachHandle, Deployable, Device, Health } from '@cyborgjs/core';
import { type Detail, renderDetails, renderSections } from './details.ts';
import { momentAndAge } from './human-time.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Devices as a table. */
export function deviceListView(devices: readonly Device[]): View {
  return {
    json: devices,
    names: devices.map((device) => device.id),
    text: (style) => (devices.length === 0 ? '' : deviceTable(devices, style)),
    notes:
      devices.length === 0
        ? ['No device fits. To look again on a host: cyborg discover HOST']
        : markNotes(devices),
  };
}

/** One device with its deployables and handles. */
export function deviceView(device: Device): View {
  return {
    json: device,
    names: [device.id],
    text: (style) => devicePage(device, style),
    notes: [...markNotes([device]), ...nextStep(device)],
  };
}

/** How a device is called among people: where it sits. */
export function deviceLabel({ host, address }: Pick<Device, 'host' | 'address'>): string {
  return printable(`${host}:${address}`);
}

function deviceTable(devices: readonly Device[], { paint, width }: Style): string {
  return renderTable<Device>({
    width,
    rows: devices,
    columns: [
      { title: 'ID', cell: (device) => device.id, narrow: 'id' },
      { title: 'HOST', cell: (device) => printable(device.host), narrow: 'shorten' },
      { title: 'ADDRESS', cell: (device) => printable(device.address) },
      { title: 'KIND', cell: (device) => device.kind, narrow: 'drop' },
      { title: 'MODEL', cell: (device) => printable(device.model), narrow: 'shorten' },
      { title: 'DRIVER', cell: (device) => printable(device.driver), narrow: 'drop' },
      { title: 'STATE', cell: (device) => paint(toneOf(device.state), device.state) },
      { title: 'HEALTH', cell: (device) => healthText(device.health, paint), narrow: 'shorten' },
      { title: 'IN USE', cell: (device) => useOf(device.deployables.flatMap((part) => part.handles)) },
      ...markColumn(devices, marksOf),
    ],
  });
}

/** `ok`, or what is wrong and why. */
export function healthText({ state, reason }: Health, paint: Paint): string {
  return paint(toneOf(state), reason === undefined ? state : `${state}: ${printable(reason)}`);
}

/** `2/8`: how many handles are held, and of how many. */
export function useOf(handles: readonly AttachHandle[]): string {
  return `${handles.filter((handle) => handle.inUse).length}/${handles.length}`;
}

function devicePage(device: Device, style: Style): string {
  const { paint, now } = style;
  const marks = marksOf(device);
  const reason = device.stateReason === null ? '' : `: ${printable(device.stateReason)}`;
  const details: Detail[] = [
    ['Id', device.id],
    ...(marks === '' ? [] : [['Mark', marks] as const]),
    ['Host', printable(device.host)],
    ['Address', printable(device.address)],
    ['Kind', device.kind],
    ['Model', printable(device.model)],
    ['Vendor', printable(device.vendor)],
    ['Identity', printable(device.identity)],
    ['Driver', printable(device.driver)],
    ['State', `${paint(toneOf(device.state), device.state)}${reason}`],
    ['Health', healthText(device.health, paint)],
    ['NUMA node', device.numaNode === null ? 'not said' : String(device.numaNode)],
    ['Firmware', recordLines(device.firmware)],
    ['Attributes', recordLines(device.attributes)],
    ['Last seen', momentAndAge(device.lastSeenAt, now)],
    ['Known since', momentAndAge(device.createdAt, now)],
  ];
  return renderSections(
    renderDetails(details),
    device.deployables.map((deployable) => deployableSection(deployable)),
  );
}

function deployableSection(deployable: Deployable): readonly [string, string] {
  const details = renderDetails([
    ['Id', deployable.id],
    ['Resource class', deployable.resourceClass],
    ['In use', `${useOf(deployable.handles)} handles`],
    ['Provider', deployable.providerId ?? 'not in Placement'],
    ['Traits', deployable.traits],
    ['Handles', deployable.handles.map(handleLine)],
  ]);
  return [`Deployable ${printable(deployable.name)}`, details];
}

function handleLine({ type, id, info, inUse }: AttachHandle): string {
  return printable([type, id, ...recordLines(info), inUse ? '(in use)' : ''].join(' '));
}

const recordLines = (record: Readonly<Record<string, string>>): string[] =>
  Object.entries(record).map(([name, value]) => printable(`${name}=${value}`));

/** The command that leads on from a state in which nothing happens by itself. */
function nextStep({ state, id }: Device): readonly string[] {
  if (state === 'discovered') return [`It is not given out yet. To allow that: cyborg device ready ${id}`];
  if (state === 'install_failed') return [`To try again: cyborg device ready ${id}`];
  if (state === 'disabled') return [`To give it out again: cyborg device enable ${id}`];
  return [];
}
