import { DatabaseSync } from 'node:sqlite';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { StoreTarget } from '../../packages/service/src/store/store-init.ts';
import { type BareOrder, writeBare } from './bare-writes.ts';

/** The rows that the API shows, read by hand-written statements and given on as they are. */
export interface BareStore {
  device(id: string): Promise<unknown>;
  devices(): Promise<unknown>;
  request(id: string): Promise<unknown>;
  requests(): Promise<unknown>;
  /** What requests leave behind that are made, bound and deleted again; how many in a second. */
  writes(order: BareOrder): Promise<number>;
}

type Values = readonly (string | number)[];

/** One connection to a database, or several. */
export interface BareDriver {
  rows(sql: string, values: Values): Promise<readonly unknown[]>;
  /** Statements in a transaction of their own. */
  change(statements: readonly (readonly [sql: string, values: Values])[]): Promise<void>;
  /** The nth parameter of a statement. */
  readonly mark: (number: number) => string;
}

const deviceRows =
  'select device.*, host.simulated, host_driver.stale from device join host on host.name = device.host ' +
  'left join host_driver on host_driver.host = device.host and host_driver.driver = device.driver';
const requestRows =
  'select accelerator_request.*, device_profile.name as profile_name, attach_handle.id as handle_id, ' +
  'attach_handle.type as handle_type, attach_handle.info as handle_info from accelerator_request ' +
  'join device_profile on device_profile.id = accelerator_request.device_profile_id ' +
  "left join attach_handle on attach_handle.holder_id = accelerator_request.id and attach_handle.holder_kind = 'accelerator_request'";

export async function openBareStore(target: StoreTarget): Promise<BareStore> {
  const driver = target.kind === 'sqlite' ? sqlite(target.file) : await overNetwork(target);
  const { mark } = driver;
  const one = (sql: string, table: string) => async (id: string) =>
    (await driver.rows(`${sql} where ${table}.id = ${mark(1)}`, [id]))[0];
  return {
    device: one(deviceRows, 'device'),
    devices: () => driver.rows(`${deviceRows} order by device.number`, []),
    request: one(requestRows, 'accelerator_request'),
    requests: () => driver.rows(`${requestRows} order by accelerator_request.number`, []),
    writes: (order) => writeBare(driver, order),
  };
}

function sqlite(file: string): BareDriver {
  const database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    rows: async (sql, values) => statement(sql).all(...values),
    async change(statements) {
      statement('begin immediate').run();
      for (const [sql, values] of statements) statement(sql).run(...values);
      statement('commit').run();
    },
    mark: () => '?',
  };
}

/** As many connections as the store has. */
const connections = 10;

async function overNetwork(target: Exclude<StoreTarget, { kind: 'sqlite' }>): Promise<BareDriver> {
  if (target.kind === 'mysql') {
    const pool = mysql.createPool({ uri: target.url, connectionLimit: connections });
    // As the store does, and as PostgreSQL is anyway.
    pool.pool.on('connection', (one) => one.query('set session transaction isolation level read committed'));
    return {
      rows: async (sql, values) => (await pool.query(sql, [...values]))[0] as unknown[],
      async change(statements) {
        const connection = await pool.getConnection();
        await connection.query('begin');
        for (const [sql, values] of statements) await connection.query(sql, [...values]);
        await connection.query('commit');
        connection.release();
      },
      mark: () => '?',
    };
  }
  const pool = new pg.Pool({ connectionString: target.url, max: connections });
  return {
    rows: async (sql, values) => (await pool.query(sql, [...values])).rows,
    async change(statements) {
      const client = await pool.connect();
      await client.query('begin');
      for (const [sql, values] of statements) await client.query(sql, [...values]);
      await client.query('commit');
      client.release();
    },
    mark: (number) => `$${number}`,
  };
}
