import { DeviceProfileGroup, type Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { DeviceProfileReads, StoredDeviceProfile } from './device-profile.ts';
import { isoTime, isoTimeOrNull, parseColumn } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';
import type { DeviceProfileTable } from './tables.ts';

const Groups = z.array(DeviceProfileGroup);

/** Reads of device profiles. Names are compared exactly. */
export function deviceProfileReads({ db }: Session): DeviceProfileReads {
  async function findBy(column: 'id' | 'name', value: string): Promise<StoredDeviceProfile | undefined> {
    const row = await db
      .selectFrom('device_profile')
      .selectAll()
      .where(column, '=', value)
      .executeTakeFirst();
    return row && toStoredDeviceProfile(row);
  }

  async function numberOf(marker: string): Promise<number> {
    const profile = await findBy('id', marker);
    if (profile === undefined) throw unknownMarker('device profile', marker);
    return profile.number;
  }

  return {
    find: (id) => findBy('id', id),
    findByName: (name) => findBy('name', name),

    async list(query = {}) {
      let select = db.selectFrom('device_profile').selectAll().orderBy('number').limit(rowsFor(query));
      if (query.names !== undefined) select = select.where('name', 'in', [...query.names]);
      if (query.ids !== undefined) select = select.where('id', 'in', [...query.ids]);
      if (query.marker !== undefined) select = select.where('number', '>', await numberOf(query.marker));
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredDeviceProfile), next };
    },
  };
}

function toStoredDeviceProfile(row: Selectable<DeviceProfileTable>): StoredDeviceProfile {
  return {
    number: row.number,
    id: row.id as Uuid,
    name: row.name,
    description: row.description,
    groups: parseColumn(Groups, row.groups, 'device_profile.groups'),
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}
