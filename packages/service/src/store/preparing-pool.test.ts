import { CompiledQuery, type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog, suiteName, testDatabases } from '../../test/test-store.ts';
import { isCollision } from './database-error.ts';
import { type Database, openDatabase } from './open-database.ts';

const [postgresql] = testDatabases.filter(({ kind }) => kind === 'postgresql');
if (postgresql === undefined) throw new Error('there is no PostgreSQL among the databases of the tests');

describe.skipIf(postgresql.missing !== undefined)(suiteName('statements kept prepared', postgresql), () => {
  let opened: Database & { drop(): Promise<void> };
  beforeAll(async () => {
    const { target, drop } = await postgresql.create();
    opened = { ...(await openDatabase(target, { log: silentLog })), drop };
  });
  beforeEach(async () => {
    await sql`drop table if exists part`.execute(opened.db);
    await sql`create table part (id integer)`.execute(opened.db);
    await sql`insert into part values (1)`.execute(opened.db);
  });
  afterAll(async () => {
    await opened.close();
    await opened.drop();
  });

  const ask = async (db: Kysely<never>, text: string) =>
    (await db.executeQuery<object>(CompiledQuery.raw(text, []))).rows;
  const askOften = async (db: Kysely<never>, text: string) => {
    for (let time = 0; time < 10; time += 1) await ask(db, text);
  };
  const withOne = <Result>(work: (db: Kysely<never>) => Promise<Result>) =>
    opened.db.connection().execute((db) => work(db as unknown as Kysely<never>));
  const addColumn = () => sql`alter table part add column extra integer default 7`.execute(opened.db);

  it('are those that come again and again', async () => {
    const prepared = await withOne(async (db) => {
      await askOften(db, 'select id as often from part');
      await ask(db, 'select id as once from part');
      return ask(db, "select statement from pg_prepared_statements where statement like '%from part'");
    });
    expect(prepared).toEqual([{ statement: 'select id as often from part' }]);
  });

  it('give way when their table has other columns', async () => {
    const rows = await withOne(async (db) => {
      await askOften(db, 'select * from part');
      await addColumn();
      return [await ask(db, 'select * from part'), await ask(db, 'select * from part')].flat();
    });
    expect(rows).toEqual([
      { id: 1, extra: 7 },
      { id: 1, extra: 7 },
    ]);
  });

  it('let a transaction run again when their table has other columns', async () => {
    await withOne(async (db) => {
      await askOften(db, 'select * from part');
      await addColumn();
      const whole = () => db.transaction().execute((transaction) => ask(transaction, 'select * from part'));
      const failure = await whole().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(isCollision(failure)).toBe(true);
      expect(await whole()).toEqual([{ id: 1, extra: 7 }]);
    });
  });

  it('are given up where somebody in between changes connections', async () => {
    const prepared = await withOne(async (db) => {
      await askOften(db, 'select id as known from part');
      // As if this were another connection, which has prepared nothing.
      await ask(db, 'deallocate all');
      expect(await ask(db, 'select id as known from part')).toEqual([{ known: 1 }]);
      await askOften(db, 'select id as known from part');
      return ask(db, 'select statement from pg_prepared_statements');
    });
    expect(prepared).toEqual([]);
  });
});
