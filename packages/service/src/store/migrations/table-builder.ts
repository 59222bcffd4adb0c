import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { isDuplicateColumn, isDuplicateIndex, isMissingColumn } from '../database-error.ts';
import type { StoreTarget } from '../store-init.ts';

type Column = readonly [name: string, kind: ColumnKind, nullable?: 'null'];

/**
 * `text-<n>`: at most n characters. `long-text`: of any length. `bytes`: up to 16 MiB. `moment`: milliseconds. `flag`:
 * 0 or 1.
 */
type ColumnKind = `text-${number}` | 'long-text' | 'bytes' | 'integer' | 'moment' | 'flag' | 'fraction';

interface TableShape {
  readonly name: string;
  /** Name of a column that counts up and is the primary key; or the columns of the primary key. */
  readonly key: string | readonly string[];
  readonly columns: readonly Column[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
  /**
   * Column, and the table and column it refers to. Rows go with what they refer to, unless they `keep` it: then it
   * cannot go while they are there.
   */
  readonly references?: readonly (readonly [column: string, table: string, target: string, keep?: 'keep'])[];
}

/** Makes tables alike on all three databases. Safe to run again after a kill in between. */
export interface TableBuilder {
  create(shape: TableShape): Promise<void>;
  /** Adds an index to a table that is there. */
  index(table: string, columns: readonly string[]): Promise<void>;
  /** Adds a column that is null in the rows that are there. */
  addColumn(table: string, column: readonly [name: string, kind: ColumnKind]): Promise<void>;
  /** Drops a column that nothing refers to. */
  dropColumn(table: string, name: string): Promise<void>;
}

/** The builder of one migration. `collation` is that of MySQL: compares bytes, trailing blanks included. */
export async function tableBuilder(db: Kysely<unknown>, kind: StoreTarget['kind']): Promise<TableBuilder> {
  const ending = kind === 'mysql' ? sql.raw(`engine=innodb ${await byteCollation(db)}`) : undefined;
  return {
    async create(shape) {
      let table = keyed(db.schema.createTable(shape.name).ifNotExists(), shape, kind);
      for (const [name, columnKind, nullable] of shape.columns)
        table = table.addColumn(name, columnType(columnKind, kind), (column) =>
          nullable === 'null' ? column : column.notNull(),
        );
      for (const columns of shape.unique ?? [])
        table = table.addUniqueConstraint(`${shape.name}_${columns.join('_')}_unique`, [...columns]);
      for (const [column, other, target, keep] of shape.references ?? [])
        table = table.addForeignKeyConstraint(
          `${shape.name}_${column}_refers`,
          [column],
          other,
          [target],
          (key) => key.onDelete(keep === undefined ? 'cascade' : 'restrict'),
        );
      await (ending === undefined ? table : table.modifyEnd(ending)).execute();
      for (const columns of shape.indexes ?? []) await createIndex(db, shape.name, columns);
    },

    index: (table, columns) => createIndex(db, table, columns),
    async addColumn(table, [name, columnKind]) {
      try {
        await db.schema.alterTable(table).addColumn(name, columnType(columnKind, kind)).execute();
      } catch (error) {
        if (!isDuplicateColumn(error)) throw error;
      }
    },

    async dropColumn(table, name) {
      try {
        await db.schema.alterTable(table).dropColumn(name).execute();
      } catch (error) {
        if (!isMissingColumn(error)) throw error;
      }
    },
  };
}

type Table = CreateTableBuilder<string, string>;

function keyed(table: Table, { name, key }: TableShape, kind: StoreTarget['kind']): Table {
  if (typeof key !== 'string') return table.addPrimaryKeyConstraint(`${name}_key`, [...key]);
  // SQLite counts only in columns that are called exactly `integer`.
  return table.addColumn(key, kind === 'sqlite' ? 'integer' : 'bigint', (column) =>
    (kind === 'postgresql' ? column.generatedByDefaultAsIdentity() : column.autoIncrement()).primaryKey(),
  );
}

function columnType(column: ColumnKind, kind: StoreTarget['kind']) {
  if (column === 'long-text') return kind === 'mysql' ? sql`longtext` : 'text';
  if (column === 'bytes') return kind === 'sqlite' ? 'blob' : kind === 'mysql' ? sql`mediumblob` : 'bytea';
  if (column === 'moment') return 'bigint';
  if (column === 'fraction') return 'double precision';
  if (column === 'integer' || column === 'flag') return 'integer';
  return `varchar(${Number(column.slice('text-'.length))})` as const;
}

/** MariaDB and MySQL name the collation that does not pad differently; neither knows the other's. */
async function byteCollation(db: Kysely<unknown>): Promise<string> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  const isMariadb = /mariadb/i.test(rows[0]?.version ?? '');
  return `default character set utf8mb4 collate ${isMariadb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'}`;
}

async function createIndex(db: Kysely<unknown>, table: string, columns: readonly string[]): Promise<void> {
  const index = db.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns([...columns]);
  try {
    await index.execute();
  } catch (error) {
    // MySQL does not take schema changes back, and knows no `if not exists` here.
    if (!isDuplicateIndex(error)) throw error;
  }
}
