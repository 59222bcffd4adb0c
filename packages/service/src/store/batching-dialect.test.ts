import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
} from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { batchingDialect } from './batching-dialect.ts';

/** What went to the server, packet by packet; it answers each statement with its own text, and fails at `fails`. */
let packets: string[];

const server: DatabaseConnection = {
  async executeQuery<Row>({ sql }: CompiledQuery) {
    packets.push(sql);
    const statements = sql.split('; ');
    if (statements.includes('fails')) throw new Error('refused');
    const told = statements.map((text) =>
      text.startsWith('update') ? { affectedRows: 2, insertId: 0 } : [{ text }],
    );
    return { rows: (told.length === 1 ? told[0] : told) as Row[] };
  },
  streamQuery: () => {
    throw new Error('nothing is streamed');
  },
};

async function connect(): Promise<{ readonly driver: Driver; readonly connection: DatabaseConnection }> {
  const driver = batchingDialect({
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => server,
      beginTransaction: async () => {},
      commitTransaction: async () => {},
      rollbackTransaction: async () => {},
      releaseConnection: async () => {},
      destroy: async () => {},
    }),
    createQueryCompiler: () => new MysqlQueryCompiler(),
    createAdapter: () => new MysqlAdapter(),
    createIntrospector: (db) => new MysqlIntrospector(db),
  }).createDriver();
  return { driver, connection: await driver.acquireConnection() };
}

describe('the statements of a transaction', () => {
  let driver: Driver;
  let connection: DatabaseConnection;
  beforeEach(async () => {
    packets = [];
    ({ driver, connection } = await connect());
    await driver.beginTransaction(connection, {});
  });
  const ask = (text: string, values: unknown[] = []) =>
    connection.executeQuery<{ text: string }>(CompiledQuery.raw(text, values));

  it('go together where they are asked at once, each with its own answer', async () => {
    const [first, second, third] = await Promise.all([ask('one'), ask('update two'), ask('three')]);
    expect(packets).toEqual(['set autocommit = 0; one; update two; three']);
    expect([first?.rows, second?.numAffectedRows, third?.rows]).toEqual([
      [{ text: 'one' }],
      2n,
      [{ text: 'three' }],
    ]);
  });

  it('go with the commit where nobody has waited for them', async () => {
    await ask('one');
    void ask('two');
    await driver.commitTransaction(connection);
    expect(packets).toEqual(['set autocommit = 0; one', 'two; commit']);
  });

  it('are not sent after one that failed, and fail as that did; the commit too', async () => {
    const asked = [ask('one'), ask('fails'), ask('three')];
    const answers = await Promise.allSettled(asked);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(ask('later')).rejects.toThrow('refused');
    await expect(driver.commitTransaction(connection)).rejects.toThrow('refused');
    await driver.rollbackTransaction(connection);
    expect(packets).toEqual(['set autocommit = 0; one; fails; three', 'rollback']);
    await driver.beginTransaction(connection, {});
    expect((await ask('again')).rows).toEqual([{ text: 'again' }]);
  });

  it('begin a transaction without a word where there was one before', async () => {
    await ask('one');
    await driver.commitTransaction(connection);
    await driver.beginTransaction(connection, {});
    await Promise.all([ask('two'), driver.commitTransaction(connection)]);
    expect(packets).toEqual(['set autocommit = 0; one', 'commit', 'two; commit']);
  });

  it('are each a transaction of their own outside of one', async () => {
    await ask('one');
    await driver.commitTransaction(connection);
    expect((await ask('outside')).rows).toEqual([{ text: 'outside' }]);
    await ask('again');
    expect(packets.slice(2)).toEqual(['set autocommit = 1; outside', 'again']);
    await expect(ask('fails')).rejects.toThrow('refused');
    await ask('after');
    expect(packets.at(-1)).toBe('set autocommit = 1; after');
  });

  it('are not sent when the transaction is taken back before', async () => {
    const asked = ask('one');
    await Promise.all([expect(asked).rejects.toThrow('rolled back'), driver.rollbackTransaction(connection)]);
    expect(packets).toEqual(['rollback']);
  });

  it('go in several packets where they are many or large', async () => {
    await Promise.all(Array.from({ length: 120 }, (_, index) => ask(`n${index}`)));
    expect(packets.map((packet) => packet.split('; ').length)).toEqual([51, 50, 20]);
    packets.length = 0;
    const large = 'x'.repeat(300_000);
    await Promise.all([ask('a', [large]), ask('b', [large]), ask('c', [large])]);
    expect(packets).toEqual(['a', 'b', 'c']);
  });
});
