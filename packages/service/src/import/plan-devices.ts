import { DeviceKind, type Uuid } from '@cyborgjs/core';
import { cleanTexts } from '../conductor/clean-texts.ts';
import type { StoredDevice } from '../store/device.ts';
import { importedDriver } from '../store/imported.ts';
import type { CyborgRow } from './cyborg-rows.ts';
import type { RowFindings } from './finding.ts';
import type { ImportInput } from './import-input.ts';
import { planDeployable } from './plan-deployables.ts';
import type { PlannedDevices } from './planned-devices.ts';
import { addressOfJson, textsOfJson } from './read-json.ts';
import { idOf, timesOf } from './row-identity.ts';

/** Plans the devices, row by row. */
export function planDevices(input: ImportInput): PlannedDevices {
  const planned: PlannedDevices = {
    devices: [],
    deployables: new Map(),
    attributes: [],
    handles: [],
    places: new Set(),
    replaced: [],
    before: new Set(),
    handleOf: new Map(),
  };
  for (const row of input.rows.devices) planDevice(row, input, planned);
  tellOrphans(input);
  return planned;
}

function planDevice(row: CyborgRow<'devices'>, input: ImportInput, planned: PlannedDevices): void {
  const findings = input.findings.about('devices', row);
  if (input.isImported('devices', row)) {
    planned.before.add(row.id);
    return;
  }
  const address = addressOf(row, input, findings);
  if (address === undefined) {
    findings.skipped('its address cannot be read from controlpath_ids, attach_handles or deployables');
    return;
  }
  const id = idOf('devices', row, findings);
  if (!isPlaceFree({ row, id, address }, input, planned)) return;
  const facts = factsOf(row, findings);
  planned.devices.push({
    id,
    host: cleanTexts(row.hostname),
    driver: importedDriver,
    identity: identityAt(address, { row, findings, planned }),
    ...facts,
    address,
    state: row.status === 'enabled' ? 'ready' : 'disabled',
    ...timesOf(row, input.now),
  });
  input.markImported('devices', row);
  const device = { id, host: row.hostname, kind: facts.kind, names: new Set<string>() };
  for (const deployable of input.index.deployablesOf(row.id))
    planDeployable({ row: deployable, device }, input, planned);
}

function factsOf(row: CyborgRow<'devices'>, findings: RowFindings) {
  const kind = DeviceKind.safeParse(row.type).data;
  if (kind === undefined) findings.mended(`type ${row.type} is not known; it is imported as PCI`);
  return {
    kind: kind ?? ('PCI' as const),
    vendor: cleanTexts(row.vendor).slice(0, 64) || 'unknown',
    model: cleanTexts(row.model).slice(0, 255) || 'unknown',
    numaNode: null,
    health: { state: 'unknown', reason: 'imported from Cyborg; no driver has reported it yet' } as const,
    firmware: textsOfJson(row.vendor_board_info, 'vendor_board_info', findings),
    attributes: textsOfJson(row.std_board_info, 'std_board_info', findings),
  };
}

/** From the control path; else from what lies below. */
function addressOf(
  row: CyborgRow<'devices'>,
  { index }: ImportInput,
  findings: RowFindings,
): string | undefined {
  const paths = index.pathsOf(row.id);
  if (paths.length > 1)
    findings.noted(`it has ${paths.length} control paths; the first that can be read counts`);
  const address = firstAddress(paths.map(({ cpid_info }) => cpid_info));
  if (address !== undefined) return address;
  const below = index.deployablesOf(row.id);
  const handles = below.flatMap(({ id }) => index.handlesOf(id));
  const [named] = below.flatMap(({ name }) => /[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.exec(name) ?? []);
  const guessed = named ?? firstAddress(handles.map(({ attach_info }) => attach_info));
  if (guessed !== undefined)
    findings.mended(`no control path can be read; the address ${guessed} is taken from what lies below`);
  return guessed;
}

function firstAddress(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const address = addressOfJson(text);
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Two rows for one address are left behind when a card was moved while its agent was away. */
function identityAt(
  address: string,
  {
    row,
    findings,
    planned,
  }: {
    readonly row: CyborgRow<'devices'>;
    readonly findings: RowFindings;
    readonly planned: PlannedDevices;
  },
): string {
  const place = `${row.hostname} ${address}`;
  if (!planned.places.has(place)) {
    planned.places.add(place);
    return `at:${address}`;
  }
  findings.mended(
    `another device of ${row.hostname} has the address ${address}; what is held of either is kept`,
  );
  return `at:${address}/${row.id}`;
}

interface Newcomer {
  readonly row: CyborgRow<'devices'>;
  readonly id: Uuid;
  readonly address: string;
}

/** Ours give way while nobody has decided anything about them; else the operator must. */
function isPlaceFree({ row, id, address }: Newcomer, input: ImportInput, planned: PlannedDevices): boolean {
  const findings = input.findings.about('devices', row);
  const same = input.ours.devices.find((device) => device.id === id);
  if (same !== undefined) {
    findings.refused(`a device of that id is here already, on ${same.host} at ${same.address}`);
    return false;
  }
  const there = input.ours.devices.filter(
    (device) => device.host === row.hostname && device.address === address,
  );
  const touched = there.find(isTouched);
  if (touched !== undefined) {
    findings.refused(
      `${touched.host} has device ${touched.id} at ${address} already, which is ${touched.state}: ` +
        'uninstall it, or delete what holds it, and import again',
    );
    return false;
  }
  planned.replaced.push(...there.map((device) => device.id));
  return true;
}

function isTouched({ state, deployables }: StoredDevice): boolean {
  const isHeld = deployables.some(({ handles }) => handles.some(({ inUse }) => inUse));
  return isHeld || !(state === 'discovered' || state === 'gone');
}

function tellOrphans({ rows, index, findings }: ImportInput): void {
  const { deviceIds, deployables } = index;
  for (const table of ['controlpath_ids', 'deployables'] as const)
    for (const row of rows[table])
      if (!deviceIds.has(row.device_id))
        findings.about(table, row).skipped(`its device ${row.device_id} is not there`);
  for (const table of ['attributes', 'attach_handles'] as const)
    for (const row of rows[table])
      if (!deployables.has(row.deployable_id))
        findings.about(table, row).skipped(`its deployable ${row.deployable_id} is not there`);
}
