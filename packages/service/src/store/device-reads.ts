import {
  CyborgError,
  type DeviceKind,
  type DeviceState,
  type Health,
  type Page,
  type Uuid,
} from '@cyborgjs/core';
import { sql } from 'kysely';
import { deployablesOf } from './deployable-reads.ts';
import type { DeviceQuery, DeviceReads, StoredDevice } from './device.ts';
import { type DeviceRow, toStoredCard, toStoredDevice } from './device-row.ts';
import { fixedStatement } from './fixed-statement.ts';
import { cutPage, rowsFor, unknownMarker } from './page.ts';
import type { Session } from './session.ts';

/** Reads of devices with everything below them. */
export function deviceReads(session: Session): DeviceReads {
  async function find(id: string): Promise<StoredDevice | undefined> {
    return (await withDeployables(session, (await rowById(session, id)).rows))[0];
  }

  return {
    find,
    ...cardReads(session),

    async get(id) {
      const device = await find(id);
      if (device !== undefined) return device;
      throw new CyborgError('device.not_found', `no device has the id ${id}`, { details: { id } });
    },

    async list(query = {}) {
      const { items, next } = await page(session, query);
      return { items: await withDeployables(session, items), next };
    },

    async count() {
      const rows = await session.db
        .selectFrom('device')
        .select((eb) => ['kind', 'state', 'health_state', eb.fn.countAll<number>().as('devices')])
        .groupBy(['kind', 'state', 'health_state'])
        .execute();
      return rows.map((row) => ({
        kind: row.kind as DeviceKind,
        state: row.state as DeviceState,
        health: row.health_state as Health['state'],
        count: Number(row.devices),
      }));
    },

    open(host) {
      return session.db
        .selectFrom('device')
        .select(['driver', 'identity'])
        .where('host', '=', host)
        .where('state', '=', 'ready')
        .orderBy('number')
        .execute();
    },

    async goneSince(before) {
      const rows = await session.db
        .selectFrom('device')
        .select(['id', 'host'])
        .where('state', '=', 'gone')
        .where('gone_at', '<', before)
        .orderBy('number')
        .execute();
      return rows.map((row) => ({ id: row.id as Uuid, host: row.host }));
    },
  };
}

/** Reads of devices alone. */
function cardReads(session: Session): Pick<DeviceReads, 'findCard' | 'listCards'> {
  return {
    async findCard(id) {
      const [row] = (await rowById(session, id)).rows;
      return row && toStoredCard(row);
    },

    async listCards(query = {}) {
      const { items, next } = await page(session, query);
      return { items: items.map(toStoredCard), next };
    },
  };
}

async function page(session: Session, query: DeviceQuery): Promise<Page<DeviceRow>> {
  const after = query.marker === undefined ? 0 : await numberOf(session, query.marker);
  return cutPage(await matching(session, query, after), query, (row) => row.id);
}

function deviceRows({ db }: Session) {
  return db
    .selectFrom('device')
    .innerJoin('host', 'host.name', 'device.host')
    .leftJoin('host_driver', (join) =>
      join.onRef('host_driver.host', '=', 'device.host').onRef('host_driver.driver', '=', 'device.driver'),
    )
    .selectAll('device')
    .select(['host.simulated', 'host_driver.stale']);
}

const rowById = fixedStatement((session, id: string) => deviceRows(session).where('device.id', '=', id));

function matching(session: Session, query: DeviceQuery, after: number): Promise<DeviceRow[]> {
  let select = deviceRows(session)
    .where('device.number', '>', after)
    .orderBy('device.number')
    .limit(rowsFor(query));
  for (const column of ['host', 'driver', 'kind', 'vendor', 'state'] as const) {
    const wanted = query[column];
    if (wanted !== undefined) select = select.where(`device.${column}`, '=', wanted);
  }
  if (query.health !== undefined) select = select.where('device.health_state', '=', query.health);
  if (query.text !== undefined) {
    const pattern = `%${query.text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
    select = select.where(({ or }) =>
      or(
        (['model', 'vendor', 'identity', 'address', 'host'] as const).map(
          (column) => sql<boolean>`lower(${sql.ref(`device.${column}`)}) like ${pattern} escape '!'`,
        ),
      ),
    );
  }
  return select.execute();
}

async function withDeployables(session: Session, rows: readonly DeviceRow[]): Promise<StoredDevice[]> {
  const deployables = Map.groupBy(
    await deployablesOf(
      session,
      rows.map((row) => row.id),
    ),
    (deployable): string => deployable.deviceId,
  );
  return rows.map((row) => toStoredDevice(row, deployables.get(row.id) ?? []));
}

async function numberOf({ db }: Session, marker: string): Promise<number> {
  const row = await db.selectFrom('device').select('number').where('id', '=', marker).executeTakeFirst();
  if (row === undefined) throw unknownMarker('device', marker);
  return row.number;
}
