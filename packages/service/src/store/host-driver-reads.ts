import type { Selectable } from 'kysely';
import { inChunks } from './chunks.ts';
import type { HostReads, StoredHostDriver } from './host.ts';
import { toStoredHostDriver } from './host-row.ts';
import { cutPage, rowsFor } from './page.ts';
import type { Session } from './session.ts';
import type { HostDriverTable } from './tables.ts';

/** Reads of the drivers on hosts. */
export function hostDriverReads(
  session: Session,
): Pick<HostReads, 'listDrivers' | 'findDriver' | 'overdueSince'> {
  const { db } = session;
  return {
    async listDrivers(query = {}) {
      let select = db
        .selectFrom('host_driver')
        .selectAll()
        .orderBy('host')
        .orderBy('driver')
        .limit(rowsFor(query));
      if (query.host !== undefined) select = select.where('host', '=', query.host);
      if (query.driver !== undefined) select = select.where('driver', '=', query.driver);
      if (query.marker !== undefined) {
        const slash = query.marker.lastIndexOf('/');
        const [host, driver] = [query.marker.slice(0, Math.max(0, slash)), query.marker.slice(slash + 1)];
        select = select.where(({ eb, and, or }) =>
          or([eb('host', '>', host), and([eb('host', '=', host), eb('driver', '>', driver)])]),
        );
      }
      const { items, next } = cutPage(await select.execute(), query, (row) => `${row.host}/${row.driver}`);
      return { items: await withCounts(session, items), next };
    },

    async findDriver(host, driver) {
      const rows = await db
        .selectFrom('host_driver')
        .selectAll()
        .where('host', '=', host)
        .where('driver', '=', driver)
        .execute();
      return (await withCounts(session, rows))[0];
    },

    overdueSince(before) {
      return db
        .selectFrom('host_driver')
        .select(['host', 'driver'])
        .where('last_report_at', '<', before)
        .where(({ eb, or, exists, selectFrom }) =>
          or([
            eb('stale', '=', 0),
            exists(
              selectFrom('device')
                .select('device.id')
                .whereRef('device.host', '=', 'host_driver.host')
                .whereRef('device.driver', '=', 'host_driver.driver')
                .where('device.state', '!=', 'gone')
                .where('device.health_state', '!=', 'unknown'),
            ),
          ]),
        )
        .execute();
    },
  };
}

/** Drivers as stored, with the numbers of their devices that are there. */
export async function withCounts(
  { db }: Session,
  drivers: readonly Selectable<HostDriverTable>[],
): Promise<StoredHostDriver[]> {
  const hosts = [...new Set(drivers.map((driver) => driver.host))];
  const counts = await inChunks(hosts, (chunk) =>
    db
      .selectFrom('device')
      .select((eb) => ['host', 'driver', eb.fn.countAll<number>().as('devices')])
      .where('host', 'in', chunk)
      .where('state', '!=', 'gone')
      .groupBy(['host', 'driver'])
      .execute(),
  );
  const devices = new Map(counts.map((count) => [`${count.host}/${count.driver}`, Number(count.devices)]));
  return drivers.map((row) => toStoredHostDriver(row, devices.get(`${row.host}/${row.driver}`) ?? 0));
}
