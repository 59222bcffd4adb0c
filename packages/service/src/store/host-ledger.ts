import { HeldAttachment } from '@cyborgjs/core';
import { parseColumn } from './json-column.ts';
import type { Session, TransactionSession } from './session.ts';

/** A handle that somebody holds on a host, as its agent last said. */
export interface HostLedgerEntry {
  readonly driver: string;
  /** The driver's id. */
  readonly handle: string;
  /** Null where the record on the host cannot be read. */
  readonly held: HeldAttachment | null;
  /** Since when the same consumer is told to hold it; milliseconds since the epoch. */
  readonly since: number;
}

/** All that an agent has said of what is held on its host. */
export interface HostLedger {
  readonly host: string;
  readonly agentRun: number;
  /** When the agent read it, by its own clock. */
  readonly observedAt: number;
  /** When we heard of it. */
  readonly toldAt: number;
  readonly entries: readonly HostLedgerEntry[];
}

/** What can be asked about what hosts hold. */
export interface HostLedgerReads {
  /** Undefined for a host that never told. */
  find(host: string): Promise<HostLedger | undefined>;
  /** Hosts that have told, by name. */
  listHosts(): Promise<readonly string[]>;
}

/** What a transaction can do to them; hold the host first. */
export interface HostLedgerWrites {
  /** Takes the place of what the host said before. */
  put(ledger: HostLedger): Promise<void>;
}

/** Reads of what hosts hold. */
export function hostLedgerReads({ db }: Session): HostLedgerReads {
  return {
    async find(host) {
      const row = await db.selectFrom('host_ledger').selectAll().where('host', '=', host).executeTakeFirst();
      if (row === undefined) return undefined;
      const rows = await db.selectFrom('host_ledger_entry').selectAll().where('host', '=', host).execute();
      const entries = rows.map(({ driver, handle, held, since }) => ({
        driver,
        handle,
        held: held === null ? null : parseColumn(HeldAttachment, held, 'host_ledger_entry.held'),
        since,
      }));
      return { host, agentRun: row.agent_run, observedAt: row.observed_at, toldAt: row.told_at, entries };
    },

    async listHosts() {
      const rows = await db.selectFrom('host_ledger').select('host').orderBy('host').execute();
      return rows.map(({ host }) => host);
    },
  };
}

/** Writes of what hosts hold. */
export function hostLedgerWrites({ db }: TransactionSession): HostLedgerWrites {
  return {
    async put({ host, agentRun, observedAt, toldAt, entries }) {
      const values = { agent_run: agentRun, observed_at: observedAt, told_at: toldAt };
      const { numUpdatedRows } = await db
        .updateTable('host_ledger')
        .set(values)
        .where('host', '=', host)
        .executeTakeFirst();
      if (numUpdatedRows === 0n)
        await db
          .insertInto('host_ledger')
          .values({ host, ...values })
          .execute();
      await db.deleteFrom('host_ledger_entry').where('host', '=', host).execute();
      for (const { driver, handle, held, since } of entries) {
        const row = { host, driver, handle, held: held && JSON.stringify(held), since };
        await db.insertInto('host_ledger_entry').values(row).execute();
      }
    },
  };
}
