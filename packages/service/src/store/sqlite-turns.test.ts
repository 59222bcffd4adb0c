import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CompiledQuery, type QueryResult } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqliteFile } from './sqlite-file.ts';
import { openTurns, type SqliteTurn, SqliteTurns } from './sqlite-turns.ts';

/** A database that remembers what it was asked. */
class HeardFile extends SqliteFile {
  readonly heard: string[] = [];

  override run<Row>(sql: string, parameters?: readonly unknown[]): QueryResult<Row> {
    this.heard.push(sql);
    return super.run(sql, parameters);
  }
}

let directory: string;
let file: HeardFile;
let turns: SqliteTurns;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-turns-'));
  file = new HeardFile(join(directory, 'store.sqlite'));
  file.run('create table word (text text not null unique) strict');
  file.heard.length = 0;
  turns = new SqliteTurns(file);
});
afterEach(async () => {
  turns.close();
  await rm(directory, { recursive: true });
});

/** As kysely runs a transaction. */
async function transaction(work: (turn: SqliteTurn) => Promise<unknown>): Promise<void> {
  const turn = await turns.take();
  try {
    turn.begin();
    try {
      await work(turn);
      await turn.commit();
    } catch (error) {
      turn.rollback();
      throw error;
    }
  } finally {
    turn.end();
  }
}

const write = (turn: SqliteTurn, text: string) =>
  turn.executeQuery(CompiledQuery.raw('insert into word values (?)', [text]));
const add = (text: string) => transaction((turn) => write(turn, text));

async function words(): Promise<string[]> {
  const turn = await turns.take();
  const { rows } = await turn.executeQuery<{ text: string }>(
    CompiledQuery.raw('select text from word order by rowid'),
  );
  turn.end();
  return rows.map(({ text }) => text);
}

/** What somebody else sees who has the file open. */
function wordsFromOutside(): string[] {
  const other = new SqliteFile(join(directory, 'store.sqlite'));
  const { rows } = other.run<{ text: string }>('select text from word order by rowid');
  other.close();
  return rows.map(({ text }) => text);
}

/** Resolves when so many transactions have ended, none of them committed yet. */
async function untilEnded(count: number): Promise<void> {
  while (file.heard.filter((sql) => sql === 'release turn').length < count) await Promise.resolve();
}

const outcomes = (works: readonly Promise<void>[]) =>
  Promise.allSettled(works).then((settled) => settled.map(({ status }) => status));

it('commits at once what comes at once', async () => {
  const adding = Promise.all([add('a'), add('b'), add('c')]);
  await untilEnded(3);
  expect(wordsFromOutside()).toEqual([]);
  await adding;
  expect(wordsFromOutside()).toEqual(['a', 'b', 'c']);
  expect(file.heard.filter((sql) => sql === 'begin immediate' || sql === 'commit')).toEqual([
    'begin immediate',
    'commit',
  ]);
});

it('takes back only the one of them that fails', async () => {
  expect(await outcomes([add('a'), add('a'), add('b')])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(wordsFromOutside()).toEqual(['a', 'b']);
});

it('leaves nothing open when the only one fails', async () => {
  await add('a');
  await expect(add('a')).rejects.toThrow('UNIQUE');
  expect(file.isInTransaction).toBe(false);
});

it('shows nobody what is not yet committed', async () => {
  const adding = add('a');
  expect(await words()).toEqual(['a']);
  expect(file.heard.slice(-2)).toEqual(['commit', 'select text from word order by rowid']);
  await adding;
});

it('does not commit half of a transaction that began before the others were committed', async () => {
  let isSlowDone = false;
  const quick = add('a').then(() => isSlowDone);
  const slow = transaction(async (turn) => {
    await write(turn, 'slow');
    await pause(30);
    expect(wordsFromOutside()).toEqual([]);
    isSlowDone = true;
  });
  expect(await quick).toBe(true);
  await slow;
  expect(wordsFromOutside()).toEqual(['a', 'slow']);
});

it.each([
  ['commits', async () => {}],
  [
    'fails',
    async () => {
      throw new Error('refused');
    },
  ],
] as const)('commits what waits when the one that has made it wait %s', async (_, end) => {
  const quick = add('a');
  const slow = transaction(async (turn) => {
    await write(turn, 'slow');
    await pause(30);
    await end();
  });
  const late = pause(10).then(() => add('late'));
  await outcomes([slow]);
  await Promise.all([quick, late]);
  expect(wordsFromOutside().filter((text) => text !== 'slow')).toEqual(['a', 'late']);
});

it('fails all of them when the disk is full, and goes on when it is not any more', async () => {
  const { rows } = file.run<{ page_count: number }>('pragma page_count');
  const pages = rows[0]?.page_count ?? 0;
  file.run(`pragma max_page_count = ${pages + 2}`);
  expect(await outcomes([add('a'), add('long '.repeat(20_000)), add('b')])).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
  ]);
  file.run(`pragma max_page_count = ${pages + 1_000}`);
  await add('c');
  expect(wordsFromOutside()).toEqual(['b', 'c']);
});

it('commits what has ended before it closes', async () => {
  const adding = add('a');
  await untilEnded(1);
  turns.close();
  await adding;
  expect(wordsFromOutside()).toEqual(['a']);
  turns = new SqliteTurns(new SqliteFile(':memory:'));
});

it('gives all who open a file in one process their turns at it, until the last has closed it', async () => {
  const path = join(directory, 'shared.sqlite');
  const [first, second] = [openTurns(path), openTurns(join(directory, '.', 'shared.sqlite'))];
  expect(second.turns).toBe(first.turns);
  first.close();
  const turn = await second.turns.take();
  expect(await turn.executeQuery(CompiledQuery.raw('select 1 as one'))).toMatchObject({ rows: [{ one: 1 }] });
  turn.end();
  second.close();
  const again = openTurns(path);
  expect(again.turns).not.toBe(first.turns);
  again.close();
});

it('opens a database in memory for each who asks for one', () => {
  const [first, second] = [openTurns(':memory:'), openTurns(':memory:')];
  expect(second.turns).not.toBe(first.turns);
  first.close();
  second.close();
});
