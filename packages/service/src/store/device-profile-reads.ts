import type { Uuid } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import type { DeviceProfileReads, StoredDeviceProfile } from './device-profile.ts';
import { toProfileGroups } from './device-profile-row.ts';
import { fixedStatement } from './fixed-statement.ts';
import { isoTime, isoTimeOrNull } from './json-column.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import { limitsIn } from './quota-reads.ts';
import type { Session } from './session.ts';
import type { DeviceProfileTable } from './tables.ts';

/** Reads of device profiles. Names are compared exactly. */
export function deviceProfileReads(session: Session): DeviceProfileReads {
  async function find(id: string): Promise<StoredDeviceProfile | undefined> {
    return (await rowsById(session, [id])).rows.map(toStoredDeviceProfile)[0];
  }

  async function numberOf(marker: string): Promise<number> {
    const profile = await find(marker);
    if (profile === undefined) throw unknownMarker('device profile', marker);
    return profile.number;
  }

  return {
    find,

    async findByName(name) {
      return (await rowsByName(session, name)).rows.map(toStoredDeviceProfile)[0];
    },

    async findForProject(name, projectId) {
      const { rows } = await rowsForProject(session, name, projectId);
      const [first] = rows;
      if (first === undefined) return undefined;
      const ownLimits = limitsIn(rows);
      return {
        id: first.id as Uuid,
        name: first.name,
        groups: [...toProfileGroups(first.groups)],
        ownLimits,
      };
    },

    async listByIds(ids) {
      return (await rowsById(session, ids)).rows.map(toStoredDeviceProfile);
    },

    async list(query = {}) {
      let select = session.db
        .selectFrom('device_profile')
        .selectAll()
        .orderBy('number')
        .limit(rowsFor(query));
      if (query.names !== undefined) select = select.where('name', 'in', [...query.names]);
      if (query.marker !== undefined) select = select.where('number', '>', await numberOf(query.marker));
      const { items, next } = cutPage(await select.execute(), query, (row) => row.id);
      return { items: items.map(toStoredDeviceProfile), next };
    },
  };
}

const rowsById = fixedStatement(({ db }, ids: readonly string[]) =>
  db.selectFrom('device_profile').selectAll().where('id', 'in', ids).orderBy('number'),
);

const rowsByName = fixedStatement(({ db }, name: string) =>
  db.selectFrom('device_profile').selectAll().where('name', '=', name),
);

/** The profile, once for each limit of the project, or once alone. */
const rowsForProject = fixedStatement(({ db }, name: string, projectId: string) =>
  db
    .selectFrom('device_profile')
    .leftJoin('quota', (join) => join.on('quota.project_id', '=', projectId).on('quota.most', 'is not', null))
    .select([
      'device_profile.id',
      'device_profile.name',
      'device_profile.groups',
      'quota.resource_class',
      'quota.most',
    ])
    .where('device_profile.name', '=', name),
);

function toStoredDeviceProfile(row: Selectable<DeviceProfileTable>): StoredDeviceProfile {
  return {
    number: row.number,
    id: row.id as Uuid,
    name: row.name,
    description: row.description,
    groups: [...toProfileGroups(row.groups)],
    createdAt: isoTime(row.created_at),
    updatedAt: isoTimeOrNull(row.updated_at),
  };
}
