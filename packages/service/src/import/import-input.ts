import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoredDevice } from '../store/device.ts';
import type { StoredDeviceProfile } from '../store/device-profile.ts';
import type { ImportedRow } from '../store/imported.ts';
import type { CyborgRow, CyborgRows, CyborgTable } from './cyborg-rows.ts';
import type { Findings } from './finding.ts';

/** What is here already of what is to be imported. */
export interface ExistingThings {
  /** All devices of the hosts that are to be imported. */
  readonly devices: readonly StoredDevice[];
  readonly profiles: readonly StoredDeviceProfile[];
  /** Those with an id that is to be imported. */
  readonly requests: ReadonlyMap<string, StoredAcceleratorRequest>;
  /** Rows that were imported before. */
  readonly imported: readonly ImportedRow[];
}

/** What an import is planned from. */
export interface ImportInput {
  readonly rows: CyborgRows;
  readonly index: CyborgIndex;
  readonly ours: ExistingThings;
  /** Projects of servers, where Cyborg did not note them. */
  readonly projectOf: ReadonlyMap<string, string>;
  readonly findings: Findings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a row was imported before. */
  isImported(table: CyborgTable, row: { readonly uuid: string }): boolean;
  /** Notes that a row is imported now. */
  markImported(table: CyborgTable, row: { readonly uuid: string }): void;
}

/** How a row is remembered; its uuid may be any text of up to 36 characters, which Cyborg compares without case. */
export const keyOf = ({ uuid }: { readonly uuid: string }): string => uuid.trimEnd().toLowerCase();

/** The rows of a dump by what they refer to. */
export interface CyborgIndex {
  readonly pathsOf: Grouped<'controlpath_ids'>;
  readonly deployablesOf: Grouped<'deployables'>;
  readonly attributesOf: Grouped<'attributes'>;
  readonly handlesOf: Grouped<'attach_handles'>;
  readonly requestsOf: Grouped<'extended_accelerator_requests'>;
  readonly deviceIds: ReadonlySet<number>;
  readonly deployables: ReadonlyMap<number, CyborgRow<'deployables'>>;
  readonly handles: ReadonlyMap<number, CyborgRow<'attach_handles'>>;
  /** Handles that a bound request names. */
  readonly bound: ReadonlySet<number | null>;
}

/** The rows of a table that refer to a row, by id, ascending. */
type Grouped<Table extends CyborgTable> = (id: number) => readonly CyborgRow<Table>[];

/** Indexes a dump: it may have a hundred thousand handles. */
export function indexRows(rows: CyborgRows): CyborgIndex {
  return {
    pathsOf: grouped(rows.controlpath_ids, (row) => row.device_id),
    deployablesOf: grouped(rows.deployables, (row) => row.device_id),
    attributesOf: grouped(rows.attributes, (row) => row.deployable_id),
    handlesOf: grouped(rows.attach_handles, (row) => row.deployable_id),
    requestsOf: grouped(rows.extended_accelerator_requests, (row) => row.device_profile_id),
    deviceIds: new Set(rows.devices.map(({ id }) => id)),
    deployables: new Map(rows.deployables.map((row) => [row.id, row])),
    handles: new Map(rows.attach_handles.map((row) => [row.id, row])),
    bound: new Set(
      rows.extended_accelerator_requests.flatMap((row) =>
        row.state === 'Bound' ? [row.attach_handle_id] : [],
      ),
    ),
  };
}

function grouped<Row>(rows: readonly Row[], idOf: (row: Row) => number): (id: number) => readonly Row[] {
  const byId = Map.groupBy(rows, idOf);
  return (id) => byId.get(id) ?? [];
}
