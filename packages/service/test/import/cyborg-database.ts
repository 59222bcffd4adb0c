import { randomUUID } from 'node:crypto';
import mysql, { type Connection } from 'mysql2/promise';

const server = process.env.CYBORG_TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';

/** A row to store, by column; what is left out is as a fresh row of Cyborg's has it. */
export type CyborgRowValues = Readonly<Record<string, string | number | null>>;

/** A MariaDB database with the tables of a Cyborg, and nothing in them. */
export interface CyborgDatabase {
  /** Address, as cyborg.conf would have it. */
  readonly url: string;
  /** Stores a row, whatever it refers to; its number. */
  insert(table: string, values: CyborgRowValues): Promise<number>;
  query(statement: string): Promise<unknown>;
  drop(): Promise<void>;
}

const row = `created_at datetime null, updated_at datetime null, id int not null auto_increment primary key,
  uuid varchar(36) not null unique`;

/**
 * The tables as the migrations of Cyborg make them on MariaDB: head revision 6c77bd6afea5 (cyborg/db/sqlalchemy/alembic),
 * and 4cc1d79978fc, which is that of Zed and has no status of devices.
 */
function tablesOf(revision: string): string[] {
  const status =
    revision === '4cc1d79978fc' ? '' : ", status enum('enabled','maintaining') not null default 'enabled'";
  return [
    'create table alembic_version (version_num varchar(32) not null primary key)',
    `create table devices (${row}, type enum('GPU','FPGA','AICHIP','QAT','NIC','SSD') not null, vendor varchar(255) not null,
      model varchar(255) not null, std_board_info text null, vendor_board_info text null, hostname varchar(255) not null${status})`,
    `create table controlpath_ids (${row}, device_id int not null, cpid_type enum('PCI') not null,
      cpid_info varchar(255) not null, foreign key (device_id) references devices (id))`,
    `create table deployables (${row}, parent_id int null, root_id int null, name varchar(255) not null,
      num_accelerators int not null, device_id int not null, rp_uuid varchar(36) null, driver_name varchar(100) null,
      bitstream_id varchar(36) null, foreign key (device_id) references devices (id),
      foreign key (parent_id) references deployables (id) on delete cascade,
      foreign key (root_id) references deployables (id) on delete cascade)`,
    `create table attributes (${row}, deployable_id int not null, \`key\` text not null, value text not null,
      foreign key (deployable_id) references deployables (id))`,
    `create table attach_handles (${row}, deployable_id int not null, cpid_id int not null, in_use tinyint(1) null default 0,
      attach_type enum('PCI','MDEV','TEST_PCI') not null, attach_info varchar(255) not null,
      foreign key (deployable_id) references deployables (id), foreign key (cpid_id) references controlpath_ids (id))`,
    `create table device_profiles (${row}, name varchar(255) not null unique, profile_json text not null, description text null)`,
    `create table extended_accelerator_requests (${row}, project_id varchar(255) null,
      state enum('Initial','BindStarted','Bound','Unbound','BindFailed','Deleting') not null default 'Initial',
      device_profile_id int not null, hostname varchar(255) null, device_rp_uuid varchar(36) null, attach_handle_id int null,
      substate enum('Initial') not null default 'Initial', deployable_id int null, device_profile_group_id int not null,
      instance_uuid varchar(36) null, foreign key (device_profile_id) references device_profiles (id),
      foreign key (attach_handle_id) references attach_handles (id), foreign key (deployable_id) references deployables (id))`,
  ].map((statement) =>
    statement.includes('alembic') ? statement : `${statement} engine=innodb default charset=utf8mb3`,
  );
}

/** Makes one. Throws when MariaDB is not there. */
export async function createCyborgDatabase(revision = '6c77bd6afea5'): Promise<CyborgDatabase> {
  const name = `cyborg_python_${randomUUID().replaceAll('-', '')}`;
  const connection = await mysql.createConnection({ uri: server, connectTimeout: 2_000 });
  await connection.query(`create database ${name} default charset utf8mb3`);
  await connection.query(`use ${name}`);
  for (const statement of tablesOf(revision)) await connection.query(statement);
  await connection.query('insert into alembic_version values (?)', [revision]);
  // What a crash, a restored backup or a repair by hand can leave behind.
  await connection.query('set foreign_key_checks = 0');
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href.replace(/^mysql:/, 'mysql+pymysql:'),
    insert: (table, values) => insert(connection, table, values),
    query: (statement) => connection.query(statement),
    async drop() {
      await connection.query(`drop database ${name}`);
      await connection.end();
    },
  };
}

async function insert(connection: Connection, table: string, values: CyborgRowValues): Promise<number> {
  const all = { created_at: '2026-01-01 08:28:47', uuid: randomUUID(), ...values };
  const [result] = await connection.query('insert into ?? set ?', [table, all]);
  return (result as { insertId: number }).insertId;
}
