import { normaliseUuid, type Uuid } from '@cyborgjs/core';
import { v3 as uuidV3, v5 as uuidV5 } from 'uuid';
import { momentOf } from './cyborg-rows.ts';
import type { RowFindings } from './finding.ts';

/** Namespace of ids for rows whose own is no UUID (RFC 9562, version 5): the same at every run. */
const namespace = '5d7a1c0e-0f2b-4f0e-9d53-7f0c1f3b7a44';

/** The id of a row; one is made for rows that have none that can be one, and that is said. */
export function idOf(table: string, row: { readonly uuid: string }, findings: RowFindings): Uuid {
  const id = normaliseUuid(row.uuid);
  if (id !== undefined) return id;
  const made = uuidV5(`${table} ${row.uuid}`, namespace) as Uuid;
  findings.mended(`uuid ${JSON.stringify(row.uuid)} is none; it is imported as ${made}`);
  return made;
}

/** When a row was made and last changed; now, where it does not say. */
export function timesOf(
  row: { readonly created_at: string | null; readonly updated_at: string | null },
  now: number,
) {
  return { createdAt: momentOf(row.created_at) ?? now, updatedAt: momentOf(row.updated_at) ?? null };
}

/** The UUID that Cyborg and our agents give a provider of that name. */
export const providerUuid = (name: string): string => uuidV3(name, uuidV3.DNS);
