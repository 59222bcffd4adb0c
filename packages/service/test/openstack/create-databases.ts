import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';

const mariadbUrl = process.env.CYBORG_TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';

/** Databases of OpenStack services in the MariaDB of the tests. */
export interface ServiceDatabases {
  /** The SQLAlchemy URL of one of them. */
  urlOf(name: string): string;
  drop(): Promise<void>;
}

/** Makes them, under names of their own. */
export async function createDatabases(names: readonly string[]): Promise<ServiceDatabases> {
  const prefix = `cyborg_test_${randomBytes(6).toString('hex')}_`;
  const each = async (statement: (name: string) => string) => {
    const connection = await mysql.createConnection({ uri: mariadbUrl });
    for (const name of names) await connection.query(statement(prefix + name));
    await connection.end();
  };
  await each((name) => `create database ${name} character set utf8mb3`);
  const server = new URL(mariadbUrl);
  const login = `${server.username}${server.password === '' ? '' : `:${server.password}`}`;
  return {
    urlOf: (name) =>
      `mysql+pymysql://${login}@${server.hostname}:${server.port || 3306}/${prefix}${name}?charset=utf8`,
    drop: () => each((name) => `drop database if exists ${name}`),
  };
}
