import { CyborgError } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { attributeRows } from './attribute-reads.ts';
import { inChunks } from './chunks.ts';
import type { DeployableReads, StoredDeployable } from './deployable.ts';
import {
  type DeployableRow,
  toStoredAttribute,
  toStoredDeployable,
  toStoredHandle,
} from './deployable-row.ts';
import { handleReads } from './handle-reads.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { AttachHandleTable } from './tables.ts';

/** Reads of deployables with their handles and attributes. */
export function deployableReads(session: Session): DeployableReads {
  async function find(id: string): Promise<StoredDeployable | undefined> {
    const rows = await deployableRows(session).where('deployable.id', '=', id).execute();
    return (await withParts(session, rows))[0];
  }

  return {
    find,
    ...handleReads(session),

    async get(id) {
      const deployable = await find(id);
      if (deployable !== undefined) return deployable;
      throw new CyborgError('deployable.not_found', `no deployable has the id ${id}`, { details: { id } });
    },

    async list(query = {}) {
      let select = deployableRows(session).orderBy('deployable.number').limit(rowsFor(query));
      if (query.deviceId !== undefined) select = select.where('deployable.device_id', '=', query.deviceId);
      if (query.host !== undefined) select = select.where('device.host', '=', query.host);
      if (query.name !== undefined) select = select.where('deployable.name', '=', query.name);
      if (query.number !== undefined) select = select.where('deployable.number', '=', query.number);
      if (query.marker !== undefined)
        select = select.where('deployable.number', '>', await numberOf(session, query.marker));
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: await withParts(session, items), next };
    },
  };
}

/** The deployables of some devices, by number, ascending. */
export async function deployablesOf(
  session: Session,
  deviceIds: readonly string[],
): Promise<StoredDeployable[]> {
  const rows = await inChunks(deviceIds, (chunk) =>
    deployableRows(session).where('deployable.device_id', 'in', chunk).orderBy('deployable.number').execute(),
  );
  return withParts(session, rows);
}

function deployableRows({ db }: Session) {
  return db
    .selectFrom('deployable')
    .innerJoin('device', 'device.id', 'deployable.device_id')
    .selectAll('deployable')
    .select(['device.number as device_number', 'device.host', 'device.driver']);
}

async function withParts(session: Session, rows: readonly DeployableRow[]): Promise<StoredDeployable[]> {
  const ids = rows.map((row) => row.id);
  const handles = Map.groupBy(await handleRows(session, ids), (row) => row.deployable_id);
  const attributes = Map.groupBy(
    await inChunks(ids, (chunk) => attributeRows(session).where('deployable_id', 'in', chunk).execute()),
    (row) => row.deployable_id,
  );
  return rows.map((row) =>
    toStoredDeployable(
      row,
      (handles.get(row.id) ?? []).map(toStoredHandle),
      (attributes.get(row.id) ?? []).map(toStoredAttribute),
    ),
  );
}

function handleRows(
  { db }: Session,
  deployableIds: readonly string[],
): Promise<Selectable<AttachHandleTable>[]> {
  return inChunks(deployableIds, (chunk) =>
    db
      .selectFrom('attach_handle')
      .selectAll()
      .where('deployable_id', 'in', chunk)
      .orderBy('number')
      .execute(),
  );
}

async function numberOf({ db }: Session, marker: string): Promise<number> {
  const row = await db.selectFrom('deployable').select('number').where('id', '=', marker).executeTakeFirst();
  if (row === undefined) throw unknownMarker('deployable', marker);
  return row.number;
}
