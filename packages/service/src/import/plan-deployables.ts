import {
  AttachHandleType,
  type DeviceKind,
  normaliseUuid,
  ResourceClass,
  Trait,
  type Uuid,
} from '@cyborgjs/core';
import { cleanTexts } from '../conductor/clean-texts.ts';
import { addressIn } from '../conductor/handle-place.ts';
import type { ImportedHandle } from '../store/imported.ts';
import type { CyborgRow } from './cyborg-rows.ts';
import type { RowFindings } from './finding.ts';
import type { ImportInput } from './import-input.ts';
import type { PlannedDevices } from './planned-devices.ts';
import { textsIn } from './read-json.ts';
import { idOf, providerUuid, timesOf } from './row-identity.ts';

interface Place {
  readonly row: CyborgRow<'deployables'>;
  readonly device: {
    readonly id: Uuid;
    readonly host: string;
    readonly kind: DeviceKind;
    /** Names of its deployables so far. */
    readonly names: Set<string>;
  };
}

const maxName = 255;
/** What stands for a deployable without a resource class, until its driver reports it. */
const classOfKind: Readonly<Record<DeviceKind, string>> = {
  GPU: 'PGPU',
  FPGA: 'FPGA',
  AICHIP: 'CUSTOM_AICHIP',
  QAT: 'CUSTOM_QAT',
  NIC: 'CUSTOM_NIC',
  SSD: 'CUSTOM_SSD',
  PCI: 'CUSTOM_PCI',
};

/** Plans one deployable with its attributes and handles. */
export function planDeployable(place: Place, input: ImportInput, planned: PlannedDevices): void {
  const { row, device } = place;
  const findings = input.findings.about('deployables', row);
  const id = idOf('deployables', row, findings);
  const attributes = input.index.attributesOf(row.id);
  const handles = input.index.handlesOf(row.id);
  planned.deployables.set(id, {
    id,
    deviceId: device.id,
    name: nameOf(place, findings),
    resourceClass: classOf(attributes, device.kind, findings),
    traits: traitsOf(attributes, input),
    total: handles.length,
    providerId: providerOf(row, findings),
    ...timesOf(row, input.now),
  });
  for (const attribute of attributes)
    planned.attributes.push({
      id: idOf('attributes', attribute, input.findings.about('attributes', attribute)),
      deployableId: id,
      key: cleanTexts(attribute.key).slice(0, maxName),
      value: cleanTexts(attribute.value),
      ...timesOf(attribute, input.now),
    });
  const ground = { deployableId: id, input, planned, names: new Set<string>() };
  for (const handle of handles) planHandle(handle, ground);
}

/** Our agents name a provider `<host>_<name>`. */
function nameOf({ row, device: { host, names } }: Place, findings: RowFindings): string {
  const name = cleanTexts(row.name).trimEnd();
  const short = name.startsWith(`${host}_`) ? name.slice(host.length + 1) : name;
  if (short === name)
    findings.noted(
      `its name ${name} does not begin with ${host}_: when an agent of ours reports it, it gets another resource provider; ` +
        'move its allocations before that, or leave its servers to end first',
    );
  const unique = names.has(short) ? `${short}#${row.id}`.slice(-maxName) : short;
  if (unique !== short)
    findings.mended(`another deployable of the device is called ${name}; this one is imported as ${unique}`);
  names.add(unique);
  return unique;
}

function providerOf({ rp_uuid, name }: CyborgRow<'deployables'>, findings: RowFindings): string {
  const expected = providerUuid(name);
  const given = rp_uuid === null ? undefined : normaliseUuid(rp_uuid);
  if (given === undefined) {
    const text = rp_uuid === null ? 'it was never reported to Placement' : `rp_uuid ${rp_uuid} is no uuid`;
    findings.mended(`${text}; its provider will be ${expected}, as of its name`);
    return expected;
  }
  if (given !== expected)
    findings.noted(
      `rp_uuid ${given} is not that of its name, ${expected}, under which our agents look for it`,
    );
  return given;
}

function classOf(
  attributes: readonly CyborgRow<'attributes'>[],
  kind: DeviceKind,
  findings: RowFindings,
): ResourceClass {
  const given = attributes.filter(({ key }) => key === 'rc').map(({ value }) => value.trim());
  if (given.length > 1)
    findings.noted(`it has ${given.length} resource classes; the first that is one counts`);
  for (const text of given) {
    const found = ResourceClass.safeParse(text).data;
    if (found !== undefined) return found;
  }
  const fallback = classOfKind[kind] as ResourceClass;
  findings.mended(
    `it has no attribute rc that is a resource class; ${fallback} stands until its driver reports it`,
  );
  return fallback;
}

function traitsOf(attributes: readonly CyborgRow<'attributes'>[], { findings }: ImportInput): Trait[] {
  const traits = attributes.flatMap((row) => {
    if (!row.key.startsWith('trait')) return [];
    const trait = Trait.safeParse(row.value.trim()).data;
    if (trait === undefined)
      findings
        .about('attributes', row)
        .noted(`${JSON.stringify(row.value)} is no name of a trait and is not taken for one`);
    return trait ?? [];
  });
  return [...new Set(traits)].sort();
}

interface HandleGround {
  readonly deployableId: Uuid;
  readonly input: ImportInput;
  readonly planned: PlannedDevices;
  /** Names of the deployable's handles so far. */
  readonly names: Set<string>;
}

function planHandle(row: CyborgRow<'attach_handles'>, ground: HandleGround): void {
  const { deployableId, input, planned } = ground;
  const findings = input.findings.about('attach_handles', row);
  const type = AttachHandleType.safeParse(row.attach_type).data;
  const info = textsIn(row.attach_info);
  const fault = faultOf(row, type, info);
  if (fault !== undefined && !input.index.bound.has(row.id)) {
    findings.skipped(`${fault}; nobody is bound to it, and its driver will report what is there`);
    return;
  }
  if (fault !== undefined)
    findings.mended(
      `${fault}, and a server is bound to it: it is kept as held, but nobody knows what it is. ` +
        'See which device the server has before others get it',
    );
  const handle: ImportedHandle = {
    uuid: idOf('attach_handles', row, findings),
    deployableId,
    id: '',
    type: type ?? 'PCI',
    info: info ?? {},
    holder: null,
    createdAt: timesOf(row, input.now).createdAt,
  };
  const named = { ...handle, id: nameHandle(handle, fault === undefined, ground.names) };
  planned.handles.push(named);
  planned.handleOf.set(row.id, named);
}

function faultOf(
  row: CyborgRow<'attach_handles'>,
  type: AttachHandleType | undefined,
  info: Record<string, string> | undefined,
): string | undefined {
  if (type === undefined) return `attach_type ${row.attach_type} is not known`;
  if (info !== undefined && addressIn(info) !== undefined) return undefined;
  return `attach_info ${row.attach_info} says no address`;
}

/** What a driver of ours will call it, where that can be told; unique in its deployable. */
function nameHandle({ type, uuid, info }: ImportedHandle, isSound: boolean, names: Set<string>): string {
  const address = isSound && type !== 'MDEV' ? addressIn(info) : undefined;
  const name = address ?? uuid;
  const unique = names.has(name) ? `${name}#${uuid}` : name;
  names.add(unique);
  return unique;
}
