import { CompiledQuery, type Dialect, MysqlDialect } from 'kysely';
import { createPool } from 'mysql2';
import { batchingDialect } from './batching-dialect.ts';
import { connectTimeoutMs, poolConnections } from './pool-limits.ts';

/** MariaDB or MySQL at this URL; it connects when it is first used. */
export function mysqlDialect(uri: string): Dialect {
  const dialect = new MysqlDialect({
    pool: createPool({
      uri,
      connectionLimit: poolConnections,
      connectTimeout: connectTimeoutMs,
      charset: 'UTF8MB4_BIN',
      enableKeepAlive: true,
      // Statements are made of texts of ours and of values that are escaped: nobody can add one to them.
      multipleStatements: true,
    }),
    onCreateConnection: async (connection) => {
      // Each statement sees what is committed, as on PostgreSQL; and what does not fit is refused, not cut off.
      await connection.executeQuery(
        CompiledQuery.raw('set session transaction isolation level read committed'),
      );
      await connection.executeQuery(CompiledQuery.raw("set session sql_mode = 'STRICT_ALL_TABLES'"));
    },
  });
  return batchingDialect(dialect);
}
