import { z } from 'zod';

/*
 * Rows of Cyborg's database as they are read, columns that matter here alone (cyborg/db/sqlalchemy/models.py, head
 * revision 6c77bd6afea5). Texts are what stands there: enums, uuids and JSON are judged later, row by row.
 */

const Text = z.string();
const Id = z.number().int();
/** UTC without a zone, whole seconds: `2026-01-01 08:28:47`. */
const Time = z.string().nullable();

const common = { id: Id, uuid: Text, created_at: Time, updated_at: Time };

/** The tables that are read, in the order in which rows refer to each other. */
export const cyborgTables = {
  devices: z.object({
    ...common,
    type: Text,
    vendor: Text,
    model: Text,
    std_board_info: Text.nullable(),
    vendor_board_info: Text.nullable(),
    hostname: Text,
    /** Not there in Zed and before: all are enabled. */
    status: Text.default('enabled'),
  }),
  controlpath_ids: z.object({ ...common, device_id: Id, cpid_type: Text, cpid_info: Text }),
  deployables: z.object({
    ...common,
    parent_id: Id.nullable(),
    name: Text,
    num_accelerators: Id,
    device_id: Id,
    rp_uuid: Text.nullable(),
  }),
  attributes: z.object({ ...common, deployable_id: Id, key: Text, value: Text }),
  attach_handles: z.object({
    ...common,
    deployable_id: Id,
    cpid_id: Id.nullable(),
    in_use: z.number().nullable(),
    attach_type: Text,
    attach_info: Text,
  }),
  device_profiles: z.object({ ...common, name: Text, profile_json: Text, description: Text.nullable() }),
  extended_accelerator_requests: z.object({
    ...common,
    project_id: Text.nullable().default(null),
    state: Text,
    device_profile_id: Id,
    device_profile_group_id: Id,
    hostname: Text.nullable(),
    device_rp_uuid: Text.nullable(),
    instance_uuid: Text.nullable(),
    attach_handle_id: Id.nullable(),
    deployable_id: Id.nullable(),
  }),
} as const;

export type CyborgTable = keyof typeof cyborgTables;
export type CyborgRow<Table extends CyborgTable> = z.output<(typeof cyborgTables)[Table]>;

/** Everything that is read, at one moment, by id, ascending. */
export type CyborgRows = { readonly [Table in CyborgTable]: readonly CyborgRow<Table>[] };

/** Milliseconds since the epoch; undefined for a time that is not there or is none. */
export function momentOf(time: string | null): number | undefined {
  const at = time === null ? Number.NaN : Date.parse(`${time.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : at;
}
