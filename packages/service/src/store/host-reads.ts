import { CyborgError } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { inChunks } from './chunks.ts';
import type { HostReads, StoredHost, StoredHostDriver } from './host.ts';
import { toStoredHost, toStoredHostDriver } from './host-row.ts';
import { cutPage, rowsFor } from './page.ts';
import type { Session } from './session.ts';
import type { HostDriverTable, HostTable } from './tables.ts';

/** Reads of hosts and of the drivers on them. */
export function hostReads(session: Session): HostReads {
  const { db } = session;

  async function find(name: string): Promise<StoredHost | undefined> {
    const rows = await db.selectFrom('host').selectAll().where('name', '=', name).execute();
    return (await withDrivers(session, rows))[0];
  }

  return {
    find,

    async get(name) {
      const host = await find(name);
      if (host !== undefined) return host;
      throw new CyborgError('host.not_found', `no agent of a host called ${name} has ever reported`, {
        details: { host: name },
      });
    },

    async list(query = {}) {
      let select = db.selectFrom('host').selectAll().orderBy('name').limit(rowsFor(query));
      if (query.marker !== undefined) select = select.where('name', '>', query.marker);
      const { items, next } = cutPage(await select.execute(), query, (row) => row.name);
      return { items: await withDrivers(session, items), next };
    },

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

    async silentSince(before) {
      const rows = await db
        .selectFrom('host')
        .select('name')
        .where('state', '=', 'up')
        .where('last_seen_at', '<', before)
        .execute();
      return rows.map((row) => row.name);
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

async function withDrivers(session: Session, hosts: readonly Selectable<HostTable>[]): Promise<StoredHost[]> {
  const names = hosts.map((host) => host.name);
  const rows = await inChunks(names, (chunk) =>
    session.db.selectFrom('host_driver').selectAll().where('host', 'in', chunk).orderBy('driver').execute(),
  );
  const drivers = Map.groupBy(await withCounts(session, rows), (driver) => driver.host);
  return hosts.map((host) => toStoredHost(host, drivers.get(host.name) ?? []));
}

async function withCounts(
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
