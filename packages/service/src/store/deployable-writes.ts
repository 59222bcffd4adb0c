import type { Uuid } from '@cyborgjs/core';
import { inChunks } from './chunks.ts';
import type { DeployableWrites } from './deployable.ts';
import { handleHolds } from './handle-holds.ts';
import type { TransactionSession } from './session.ts';

/** Writes of deployables and their handles. */
export function deployableWrites(session: TransactionSession): DeployableWrites {
  const { db, now } = session;
  return {
    async insert(deployables) {
      const rows = deployables.map((deployable) => ({
        id: deployable.id,
        device_id: deployable.deviceId,
        name: deployable.name,
        resource_class: deployable.resourceClass,
        traits: JSON.stringify(deployable.traits),
        total: deployable.total,
        present: 1,
        provider_id: null,
        bitstream_id: null,
        created_at: now(),
        updated_at: null,
      }));
      await inChunks(rows, (chunk) => db.insertInto('deployable').values(chunk).execute());
    },

    async update(id, changes) {
      const values = {
        name: changes.name,
        resource_class: changes.resourceClass,
        traits: changes.traits && JSON.stringify(changes.traits),
        total: changes.total,
        present: changes.present === undefined ? undefined : Number(changes.present),
        bitstream_id: changes.bitstreamId,
        updated_at: now(),
      };
      await db.updateTable('deployable').set(values).where('id', '=', id).execute();
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('deployable').where('id', 'in', chunk).execute());
    },

    setProviders: (host, providerByName) => setProviders(session, host, providerByName),
    ...handleWrites(session),
    ...handleHolds(session),
  };
}

type HandleWrites = Pick<DeployableWrites, 'insertHandles' | 'updateHandle' | 'removeHandles'>;

function handleWrites({ db, now, newId }: TransactionSession): HandleWrites {
  return {
    async insertHandles(handles) {
      const rows = handles.map(({ deployableId, id, type, info }) => ({
        id: newId(),
        deployable_id: deployableId,
        handle: id,
        type,
        info: JSON.stringify(info),
        present: 1,
        holder_kind: null,
        holder_id: null,
        created_at: now(),
      }));
      await inChunks(rows, (chunk) => db.insertInto('attach_handle').values(chunk).execute());
    },

    async updateHandle(uuid, changes) {
      const values = {
        handle: changes.id,
        deployable_id: changes.deployableId,
        type: changes.type,
        info: changes.info && JSON.stringify(changes.info),
        present: changes.present === undefined ? undefined : Number(changes.present),
      };
      await db.updateTable('attach_handle').set(values).where('id', '=', uuid).execute();
    },

    async removeHandles(uuids) {
      await inChunks(uuids, (chunk) => db.deleteFrom('attach_handle').where('id', 'in', chunk).execute());
    },
  };
}

async function setProviders(
  { db, now }: TransactionSession,
  host: string,
  providerByName: ReadonlyMap<string, Uuid>,
): Promise<number> {
  const rows = await db
    .selectFrom('deployable')
    .innerJoin('device', 'device.id', 'deployable.device_id')
    .select(['deployable.id', 'deployable.name', 'deployable.provider_id'])
    .where('device.host', '=', host)
    .execute();
  const changed = rows.filter((row) => row.provider_id !== (providerByName.get(row.name) ?? null));
  for (const { id, name } of changed)
    await db
      .updateTable('deployable')
      .set({ provider_id: providerByName.get(name) ?? null, updated_at: now() })
      .where('id', '=', id)
      .execute();
  return changed.length;
}
