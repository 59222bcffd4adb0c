import { normaliseUuid, type Uuid } from '@cyborgjs/core';
import { cleanTexts } from '../conductor/clean-texts.ts';
import { requestedAccelerators } from '../conductor/requested-accelerators.ts';
import type { ImportedHandle, ImportedRequest } from '../store/imported.ts';
import type { CyborgRow } from './cyborg-rows.ts';
import type { RowFindings } from './finding.ts';
import type { ImportInput } from './import-input.ts';
import { type PlannedProfiles, profileFor } from './plan-profiles.ts';
import type { PlannedDevices } from './planned-devices.ts';
import { idOf, timesOf } from './row-identity.ts';

type RequestRow = CyborgRow<'extended_accelerator_requests'>;

/** Accelerator requests of Cyborg's as ours, with what they hold. */
export interface PlannedRequests {
  readonly requests: ImportedRequest[];
  /** Holders of handles that are imported with them, by the handle's id. */
  readonly holderOf: Map<Uuid, Uuid>;
  /** Handles that were imported before, and who holds them from now on. */
  readonly holds: { readonly handle: Uuid; readonly request: Uuid }[];
}

interface Ground {
  readonly input: ImportInput;
  readonly devices: PlannedDevices;
  readonly profiles: PlannedProfiles;
}

/** States in which a request comes over as it is; of the others, nobody works on them any more. */
const settled = ['Initial', 'Bound', 'Unbound', 'BindFailed'] as const;
type Settled = (typeof settled)[number];

/** Plans the requests, row by row. */
export function planRequests(ground: Ground): PlannedRequests {
  const planned: PlannedRequests = { requests: [], holderOf: new Map(), holds: [] };
  for (const row of ground.input.rows.extended_accelerator_requests) planRequest(row, ground, planned);
  tellUnheld(ground);
  return planned;
}

function planRequest(row: RequestRow, ground: Ground, planned: PlannedRequests): void {
  const { input } = ground;
  if (input.isImported('extended_accelerator_requests', row)) return;
  const findings = input.findings.about('extended_accelerator_requests', row);
  const id = idOf('accelerator_requests', row, findings);
  const same = input.ours.requests.get(id);
  if (same !== undefined) {
    findings.refused(`a request of that id is here already: ${same.state}, for instance ${same.instanceId}`);
    return;
  }
  const { id: deviceProfileId, groups } = profileFor(row, { input, planned: ground.profiles }, findings);
  const state = stateOf(row, findings);
  const held =
    state.state === 'Bound' ? hold({ row, id, findings }, ground, planned) : releasedFrom(row, findings);
  const final = held.failure === null ? state : { state: 'BindFailed' as const, failure: held.failure };
  const isPlaced = final.state === 'Bound' || final.state === 'BindFailed';
  planned.requests.push({
    id,
    projectId: projectOf(row, input, findings),
    ...final,
    deviceProfileId,
    groupIndex: row.device_profile_group_id,
    resourceClass: held.resourceClass ?? classIn(groups, row.device_profile_group_id),
    ...(isPlaced ? placeOf(row, findings) : { host: null, providerId: null, instanceId: null }),
    ...timesOf(row, input.now),
  });
  input.markImported('extended_accelerator_requests', row);
}

function stateOf(row: RequestRow, findings: RowFindings): { state: Settled; failure: string | null } {
  const state = settled.find((one) => one === row.state);
  if (state !== undefined)
    return { state, failure: state === 'BindFailed' ? 'Cyborg could not bind it' : null };
  findings.mended(
    `it is ${row.state}, and nobody works on it any more: it is imported as BindFailed, which ends when its server is deleted`,
  );
  return { state: 'BindFailed', failure: `Cyborg left it ${row.state}` };
}

interface Held {
  readonly resourceClass: string | null;
  /** Why it cannot be bound after all; null where it can. */
  readonly failure: string | null;
}
const nothing: Held = { resourceClass: null, failure: null };

function releasedFrom(row: RequestRow, findings: RowFindings): Held {
  if (row.attach_handle_id !== null)
    findings.mended(`it is ${row.state} and holds attach handle ${row.attach_handle_id}, which comes free`);
  return nothing;
}

interface Bound {
  readonly row: RequestRow;
  readonly id: Uuid;
  readonly findings: RowFindings;
}

/** What a bound request holds. Who is bound decides; `in_use` may have been left behind by a crash. */
function hold({ row, id, findings }: Bound, { input, devices }: Ground, planned: PlannedRequests): Held {
  const source = row.attach_handle_id === null ? undefined : input.index.handles.get(row.attach_handle_id);
  if (source === undefined) {
    findings.mended(
      row.attach_handle_id === null
        ? 'it is Bound and names no attach handle; it is imported Bound without one'
        : `its attach handle ${row.attach_handle_id} is not there; it is imported Bound without one`,
    );
    return nothing;
  }
  tellMismatch({ row, source, findings });
  const handle = devices.handleOf.get(source.id);
  if (handle === undefined) return holdEarlier({ row, id, findings }, source, { input, planned });
  if (planned.holderOf.has(handle.uuid)) return twice(source.id, planned.holderOf.get(handle.uuid), findings);
  planned.holderOf.set(handle.uuid, id);
  if (handle.type === 'MDEV')
    findings.noted(
      'it holds a mediated device: when its driver reports that slot under another UUID, the device that Cyborg made stays on the host until it is removed by hand',
    );
  return { resourceClass: classOf(handle, devices), failure: null };
}

/** The handle came over with an earlier import: it is there, or the drivers have shown that it is not. */
function holdEarlier(
  { row, id, findings }: Bound,
  source: CyborgRow<'attach_handles'>,
  { input, planned }: { readonly input: ImportInput; readonly planned: PlannedRequests },
): Held {
  const uuid = normaliseUuid(source.uuid);
  const ours = input.ours.devices
    .flatMap(({ deployables }) => deployables)
    .flatMap(({ handles, resourceClass }) => handles.map((handle) => ({ ...handle, resourceClass })))
    .find((handle) => handle.uuid === uuid);
  if (ours === undefined) {
    findings.mended(
      `its attach handle ${row.attach_handle_id} is not among the imported ones; it is imported Bound without one`,
    );
    return nothing;
  }
  if (ours.holder !== null || planned.holds.some(({ handle }) => handle === ours.uuid)) {
    findings.refused(
      `its attach handle ${ours.uuid} was imported before and is held by ${ours.holder?.id ?? 'another'} here: two services gave it out`,
    );
    return nothing;
  }
  planned.holds.push({ handle: ours.uuid, request: id });
  return { resourceClass: ours.resourceClass, failure: null };
}

function twice(handle: number, holder: Uuid | undefined, findings: RowFindings): Held {
  const failure = `attach handle ${handle} is held by request ${holder} too`;
  findings.mended(`${failure}: it is imported as BindFailed. See which of the two servers has the device`);
  return { resourceClass: null, failure };
}

function tellMismatch({
  row,
  source,
  findings,
}: {
  readonly row: RequestRow;
  readonly source: CyborgRow<'attach_handles'>;
  readonly findings: RowFindings;
}): void {
  if (source.in_use !== 1)
    findings.mended(
      `its attach handle ${source.id} is not marked as in use, although it is; it is imported as held`,
    );
  if (row.deployable_id !== source.deployable_id)
    findings.noted(
      `it names deployable ${row.deployable_id}, its attach handle is of deployable ${source.deployable_id}; the handle counts`,
    );
}

function classOf(handle: ImportedHandle, { deployables }: PlannedDevices): string | null {
  return deployables.get(handle.deployableId)?.resourceClass ?? null;
}

/** The class of a group that asks for one alone; null where that cannot be told. */
function classIn(groups: Parameters<typeof requestedAccelerators>[0], index: number): string | null {
  const wanted = requestedAccelerators(groups).filter(({ groupIndex }) => groupIndex === index);
  const classes = new Set(wanted.map(({ resourceClass }) => resourceClass));
  return classes.size === 1 ? ([...classes][0] ?? null) : null;
}

function placeOf(row: RequestRow, findings: RowFindings) {
  if (row.instance_uuid === null)
    findings.noted('it is for no server: nobody but an administrator who deletes it by its uuid will end it');
  return {
    host: row.hostname === null ? null : cleanTexts(row.hostname),
    providerId: uuidOr(row.device_rp_uuid, 'device_rp_uuid', findings),
    instanceId: uuidOr(row.instance_uuid, 'instance_uuid', findings),
  };
}

/** What is no uuid is kept: the row is shown, and deleted by its own uuid. */
function uuidOr(text: string | null, column: string, findings: RowFindings): string | null {
  if (text === null) return null;
  const uuid = normaliseUuid(text);
  if (uuid === undefined) findings.noted(`${column} ${JSON.stringify(text)} is no uuid; it is kept as it is`);
  return uuid ?? cleanTexts(text);
}

function projectOf(row: RequestRow, { projectOf: known }: ImportInput, findings: RowFindings): string | null {
  if (row.project_id !== null && row.project_id !== '') return cleanTexts(row.project_id);
  const project = row.instance_uuid === null ? undefined : known.get(row.instance_uuid);
  if (project === undefined)
    findings.noted(
      'it is of no project: only administrators see it, and Nova cannot delete it in the name of a user. ' +
        'With `nova` configured, the import asks Nova whose the server is',
    );
  else findings.mended(`it is of no project; Nova says that its server is of ${project}`);
  return project ?? null;
}

/** Handles that are marked as in use although no request is bound to them. */
function tellUnheld({ input, devices }: Ground): void {
  for (const row of input.rows.attach_handles)
    if (row.in_use === 1 && !input.index.bound.has(row.id) && devices.handleOf.has(row.id))
      input.findings
        .about('attach_handles', row)
        .mended('it is marked as in use and nobody is bound to it; it comes free');
}
