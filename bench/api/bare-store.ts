import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { StoreTarget } from '../../packages/service/src/store/store-init.ts';

/** How long to write, and by how many at once. */
export interface BareOrder {
  readonly forMs: number;
  readonly atOnce: number;
  readonly profile: string;
}

/** The rows that the API shows, read by hand-written statements and given on as they are. */
export interface BareStore {
  device(id: string): Promise<unknown>;
  devices(): Promise<unknown>;
  request(id: string): Promise<unknown>;
  requests(): Promise<unknown>;
  /** Rows made, changed and deleted again, each in a transaction of its own; how many in a second. */
  writes(order: BareOrder): Promise<number>;
}

type Values = readonly (string | number)[];
interface Driver {
  rows(sql: string, values: Values): Promise<readonly unknown[]>;
  /** One statement in a transaction of its own. */
  change(sql: string, values: Values): Promise<void>;
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
    async writes({ forMs, atOnce, profile }) {
      const endAt = performance.now() + forMs;
      let count = 0;
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          while (performance.now() < endAt) {
            await writeOnce(driver, profile);
            count += 1;
          }
        }),
      );
      return (count * 1000) / forMs;
    },
  };
}

/** As many transactions as a request takes that is created, bound and deleted. */
async function writeOnce({ change, mark }: Driver, profile: string): Promise<void> {
  const id = randomUUID();
  const columns = 'id, project_id, state, device_profile_id, group_index, lock_counter, created_at';
  const marks = [1, 2, 3, 4, 5, 6, 7].map(mark).join(', ');
  const values = [id, 'p', 'Initial', profile, 0, 0, Date.now()];
  await change(`insert into accelerator_request (${columns}) values (${marks})`, values);
  const set = `state = 'Bound', host = 'compute1', instance_id = ${mark(1)}, updated_at = ${mark(2)}`;
  await change(`update accelerator_request set ${set} where id = ${mark(3)}`, [id, Date.now(), id]);
  await change(`delete from accelerator_request where id = ${mark(1)}`, [id]);
}

function sqlite(file: string): Driver {
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
    async change(sql, values) {
      database.exec('begin immediate');
      statement(sql).run(...values);
      database.exec('commit');
    },
    mark: () => '?',
  };
}

/** As many connections as the store has. */
const connections = 10;

async function overNetwork(target: Exclude<StoreTarget, { kind: 'sqlite' }>): Promise<Driver> {
  if (target.kind === 'mysql') {
    const pool = mysql.createPool({ uri: target.url, connectionLimit: connections });
    return {
      rows: async (sql, values) => (await pool.query(sql, [...values]))[0] as unknown[],
      async change(sql, values) {
        const connection = await pool.getConnection();
        await connection.query('begin');
        await connection.query(sql, [...values]);
        await connection.query('commit');
        connection.release();
      },
      mark: () => '?',
    };
  }
  const pool = new pg.Pool({ connectionString: target.url, max: connections });
  return {
    rows: async (sql, values) => (await pool.query(sql, [...values])).rows,
    async change(sql, values) {
      const client = await pool.connect();
      await client.query('begin');
      await client.query(sql, [...values]);
      await client.query('commit');
      client.release();
    },
    mark: (number) => `$${number}`,
  };
}
