import { CyborgError } from '@cyborgjs/core';
import type { Selectable } from 'kysely';
import { inChunks } from './chunks.ts';
import type { HostReads, StoredHost } from './host.ts';
import { hostDriverReads, withCounts } from './host-driver-reads.ts';
import { toStoredHost } from './host-row.ts';
import { cutPage, rowsFor } from './page.ts';
import type { Session } from './session.ts';
import type { HostTable } from './tables.ts';

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

    ...hostDriverReads(session),

    async silentSince(before) {
      const rows = await db
        .selectFrom('host')
        .select('name')
        .where('state', '=', 'up')
        .where('last_seen_at', '<', before)
        .execute();
      return rows.map((row) => row.name);
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
