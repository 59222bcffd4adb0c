import { resolve } from 'node:path';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { SqliteFile } from './sqlite-file.ts';

/** Transactions that have ended and are committed together. */
interface Group {
  readonly committed: PromiseWithResolvers<void>;
  readonly commitment: NodeJS.Immediate;
  /** Whether it would have been committed by now, had not another transaction begun: that one is the last of it. */
  isDue: boolean;
}

/**
 * One database for all who want it, each in its turn. A commit waits for the disk and writes every page that was
 * touched, so the transactions of all requests that Node finds arrived at once are committed in one: each is a savepoint
 * of it, fails alone, and has ended when all are committed. Nobody reads before that what they have written.
 */
export class SqliteTurns {
  readonly #file: SqliteFile;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;
  /** Whether whoever has the turn is in a transaction. */
  #isInside = false;
  #group: Group | undefined;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** Resolves when it is one's turn, until that is passed on. */
  async take(): Promise<SqliteTurn> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    return new SqliteTurn(this);
  }

  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    if (!this.#isInside) this.#commitGroup();
    try {
      return this.#file.run(sql, parameters);
    } catch (error) {
      // A full disk ends the transaction of SQLite, with all that belongs to it.
      if (!this.#file.isInTransaction) this.#leaveGroup()?.committed.reject(error);
      throw error;
    }
  }

  /** Takes the write lock at once: a transaction that reads first could otherwise meet `SQLITE_BUSY` at its first write. */
  begin(): void {
    if (!this.#file.isInTransaction) this.#file.run('begin immediate');
    this.#file.run('savepoint turn');
    this.#isInside = true;
  }

  /** Resolves when it is committed; others may have their turn before. */
  commit(): Promise<void> {
    this.#file.run('release turn');
    this.#isInside = false;
    this.#group ??= {
      committed: Promise.withResolvers(),
      commitment: setImmediate(() => this.#commitWhenFree()),
      isDue: false,
    };
    const { committed, isDue } = this.#group;
    if (isDue) this.#commitGroup();
    return committed.promise;
  }

  rollback(): void {
    this.#isInside = false;
    if (!this.#file.isInTransaction) return;
    this.#file.run('rollback to turn');
    this.#file.run('release turn');
    if (this.#group === undefined) this.#file.run('rollback');
    else if (this.#group.isDue) this.#commitGroup();
  }

  /** Commits what has ended, and closes the database. */
  close(): void {
    if (!this.#isInside) this.#commitGroup();
    this.#leaveGroup()?.committed.reject(new Error('the database was closed'));
    this.#file.close();
  }

  #commitWhenFree(): void {
    if (this.#isInside && this.#group !== undefined) this.#group.isDue = true;
    else this.#commitGroup();
  }

  #commitGroup(): void {
    const group = this.#leaveGroup();
    if (group === undefined) return;
    try {
      this.#file.run('commit');
      group.committed.resolve();
    } catch (error) {
      if (this.#file.isInTransaction) this.#file.run('rollback');
      group.committed.reject(error);
    }
  }

  #leaveGroup(): Group | undefined {
    const group = this.#group;
    this.#group = undefined;
    if (group !== undefined) clearImmediate(group.commitment);
    return group;
  }
}

/** The turns at a file, for one who has opened it. */
export interface OpenTurns {
  readonly turns: SqliteTurns;
  /** The file is closed when all who have opened it have closed it. */
  close(): void;
}

const opened = new Map<string, { readonly turns: SqliteTurns; users: number }>();

/**
 * Opens a file, or `:memory:`. Whoever opens the same file in this process has his turns among the others': two
 * connections of one thread would wait for each other without letting each other go on.
 */
export function openTurns(file: string): OpenTurns {
  if (file === ':memory:') {
    const turns = new SqliteTurns(new SqliteFile(file));
    return { turns, close: () => turns.close() };
  }
  const path = resolve(file);
  const one = opened.get(path) ?? { turns: new SqliteTurns(new SqliteFile(file)), users: 0 };
  opened.set(path, one);
  one.users += 1;
  return {
    turns: one.turns,
    close() {
      one.users -= 1;
      if (one.users > 0) return;
      opened.delete(path);
      one.turns.close();
    },
  };
}

/** The database, for one transaction or one query. */
export class SqliteTurn implements DatabaseConnection {
  readonly #turns: SqliteTurns;
  #isOver = false;

  constructor(turns: SqliteTurns) {
    this.#turns = turns;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#turns.execute(query);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }

  begin(): void {
    this.#turns.begin();
  }

  async commit(): Promise<void> {
    const committed = this.#turns.commit();
    this.end();
    await committed;
  }

  /** Nothing is left to do for one that was to be committed with others, and was not. */
  rollback(): void {
    if (!this.#isOver) this.#turns.rollback();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#turns.pass();
  }
}
