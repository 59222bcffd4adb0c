import type { DriverStatus } from '@cyborgjs/core';
import { fixedStatement } from './fixed-statement.ts';
import { holdsEverything } from './holds-everything.ts';
import type { HostReads, HostWrites } from './host.ts';
import { toStoredHostDriver } from './host-row.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import type { TransactionSession } from './session.ts';
import type { HostDriverTable } from './tables.ts';

/** Writes of hosts and of the drivers on them. */
export function hostWrites(session: TransactionSession, reads: HostReads): HostWrites {
  const { db } = session;
  return {
    async ensure(name) {
      await hold(session, name);
      const known = await reads.find(name);
      if (known !== undefined) return known;
      await addHost(session, newHost(name, session.now()));
      await hold(session, name);
      return reads.get(name);
    },

    hold: (name) => hold(session, name),

    async lock(name) {
      await hold(session, name);
      return reads.get(name);
    },

    async update(name, changes) {
      const values = {
        state: changes.state,
        simulated: flag(changes.simulated),
        agent_version: changes.agentVersion,
        boot_id: changes.bootId,
        agent_run: changes.agentRun,
        admit_revision: changes.admitRevision,
        placement: changes.placement && JSON.stringify(changes.placement),
        last_seen_at: changes.lastSeenAt,
      };
      await db.updateTable('host').set(values).where('name', '=', name).execute();
    },

    ...hostDriverWrites(session, reads),
  };
}

type DriverWrites = Pick<HostWrites, 'putDrivers' | 'ensureDriver' | 'updateDriver' | 'removeDriver'>;

function hostDriverWrites(session: TransactionSession, reads: HostReads): DriverWrites {
  const { db } = session;
  return {
    async putDrivers(host, drivers) {
      for (const driver of drivers) await putDriver(session, host, driver);
    },

    async ensureDriver(host, driver) {
      const known = await reads.findDriver(host, driver);
      if (known !== undefined) return known;
      await db.insertInto('host_driver').values(newDriver(host, driver)).execute();
      return toStoredHostDriver(newDriver(host, driver), 0);
    },

    async updateDriver(host, driver, changes) {
      const values = {
        failure: changes.failure === undefined ? undefined : asJson(changes.failure),
        state: changes.state,
        stale: flag(changes.stale),
        agent_run: changes.agentRun,
        last_sequence: changes.lastSequence,
        last_report_at: changes.lastReportAt,
      };
      await db
        .updateTable('host_driver')
        .set(values)
        .where('host', '=', host)
        .where('driver', '=', driver)
        .execute();
    },

    async removeDriver(host, driver) {
      for (const table of ['driver_stats', 'driver_calls', 'host_driver'] as const)
        await db.deleteFrom(table).where('host', '=', host).where('driver', '=', driver).execute();
    },
  };
}

/** Holds the row, if there is one, until the end of the transaction. */
async function hold(session: TransactionSession, name: string): Promise<void> {
  if (!holdsEverything(session)) await holdRow(session, name);
}

const holdRow = fixedStatement(({ db }, name: string) =>
  db
    .updateTable('host')
    .set((eb) => ({ lock_counter: eb('lock_counter', '+', 1) }))
    .where('name', '=', name),
);

const addHost = insertIfAbsent('host');

function newHost(name: string, now: number) {
  return {
    name,
    state: 'stopped',
    simulated: 0,
    agent_version: '',
    boot_id: '',
    agent_run: -1,
    admit_revision: 0,
    lock_counter: 0,
    placement: JSON.stringify({ enabled: false, agreedAt: null, error: null, retained: [] }),
    last_seen_at: now,
    created_at: now,
  };
}

async function putDriver({ db }: TransactionSession, host: string, driver: DriverStatus): Promise<void> {
  const values = {
    package: driver.package,
    version: driver.version,
    state: driver.state,
    verbs: JSON.stringify(driver.verbs),
    restarts: driver.restarts,
    failure: asJson(driver.failure),
  };
  const { numUpdatedRows } = await db
    .updateTable('host_driver')
    .set(values)
    .where('host', '=', host)
    .where('driver', '=', driver.id)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  await db
    .insertInto('host_driver')
    .values({ ...newDriver(host, driver.id), ...values })
    .execute();
}

function newDriver(host: string, driver: string): HostDriverTable {
  return {
    host,
    driver,
    package: '',
    version: '',
    state: 'running',
    verbs: '[]',
    restarts: 0,
    failure: null,
    agent_run: 0,
    last_sequence: 0,
    stale: 0,
    last_report_at: null,
  };
}

const flag = (value: boolean | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
const asJson = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
