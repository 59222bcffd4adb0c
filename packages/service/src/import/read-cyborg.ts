import { CyborgError } from '@cyborgjs/core';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { z } from 'zod';
import { type CyborgRows, type CyborgTable, cyborgTables } from './cyborg-rows.ts';
import type { Finding } from './finding.ts';

/** What was read of a Cyborg, and which rows could not be. */
export interface CyborgDump {
  /** Of the schema: the head of its migrations. */
  readonly revision: string;
  readonly rows: CyborgRows;
  readonly findings: readonly Finding[];
}

/** Revisions of the schema that are known: Zed and the releases after it, and the one with `devices.status`. */
const knownRevisions = ['4cc1d79978fc', '6c77bd6afea5'];
const connectTimeoutMs = 10_000;

/**
 * Reads a Cyborg's MariaDB or MySQL, all of it as it is at one moment; nothing is written or locked. The address may be
 * SQLAlchemy's, as `[database]connection` of cyborg.conf has it. Throws `import.source_unavailable` when the database
 * does not answer or does not let us in, `import.source_unknown` when it is no Cyborg's that is known.
 */
export async function readCyborg(url: string): Promise<CyborgDump> {
  const connection = await connect(url);
  try {
    await connection.query('set transaction isolation level repeatable read');
    await connection.query('start transaction with consistent snapshot, read only');
    const revision = await readRevision(connection);
    const findings: Finding[] = [];
    const rows: Partial<Record<CyborgTable, unknown[]>> = {};
    for (const table of Object.keys(cyborgTables) as CyborgTable[])
      rows[table] = await readTable(connection, table, findings);
    return { revision, rows: rows as unknown as CyborgRows, findings };
  } catch (cause) {
    if (cause instanceof CyborgError) throw cause;
    throw new CyborgError(
      'import.source_unavailable',
      `Cyborg's database cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    connection.destroy();
  }
}

async function connect(url: string): Promise<Connection> {
  const { hostname, port, username, password, pathname } = addressOf(url);
  const database = decodeURIComponent(pathname.slice(1));
  try {
    return await mysql.createConnection({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? 3306 : Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database,
      connectTimeout: connectTimeoutMs,
      charset: 'utf8mb4',
      dateStrings: true,
    });
  } catch (cause) {
    const text = (cause as Error).message || String((cause as { code?: unknown }).code);
    throw new CyborgError(
      'import.source_unavailable',
      `Cyborg's database ${database} at ${hostname} cannot be opened: ${text}`,
      { cause },
    );
  }
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^(mysql|mariadb)(\+\w+)?:$/.test(url.protocol) && url.pathname.length > 1)
    return new URL(text.replace(/^[^:]+:/, 'mysql:'));
  throw new CyborgError(
    'import.source_unknown',
    'the address of the database is none such as mysql://user:password@host:3306/cyborg; cyborg.conf has it under [database]connection. Only MariaDB and MySQL are read.',
  );
}

async function readRevision(connection: Connection): Promise<string> {
  const found = await connection
    .query<RowDataPacket[]>('select version_num from alembic_version')
    .catch((cause: Error & { errno?: number }) => {
      if (cause.errno !== 1146) throw cause;
      throw new CyborgError(
        'import.source_unknown',
        'the database has no table alembic_version: it is no Cyborg database, or cyborg-dbsync was never run on it',
        { cause },
      );
    });
  const revisions = found[0].map((row) => String(row.version_num));
  const [revision = 'none'] = revisions;
  if (revisions.length === 1 && knownRevisions.includes(revision)) return revision;
  throw new CyborgError(
    'import.source_unknown',
    `the schema of the database is of revision ${revisions.join(', ') || 'none'}; known are ${knownRevisions.join(' and ')}. An older one is brought to one of them by the cyborg-dbsync of Cyborg Zed or later; a newer one needs a newer cyborgd.`,
    { details: { revisions } },
  );
}

async function readTable(
  connection: Connection,
  table: CyborgTable,
  findings: Finding[],
): Promise<unknown[]> {
  const schema = cyborgTables[table];
  const [rows] = await connection.query<RowDataPacket[]>(`select * from ${table} order by id`);
  return rows.flatMap((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return [parsed.data];
    findings.push({
      kind: 'skipped',
      table,
      id: typeof row.id === 'number' ? row.id : null,
      uuid: typeof row.uuid === 'string' ? row.uuid : null,
      reason: `the row is not as Cyborg writes it: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    });
    return [];
  });
}
