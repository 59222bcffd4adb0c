import type { Session } from './session.ts';

/**
 * Whether a transaction has the whole database to itself, as one of SQLite does. One that has not holds rows by writing
 * to them: that conflicts on every database, Galera included, where a read would not.
 */
export function hasAll({ kind }: Pick<Session, 'kind'>): boolean {
  return kind === 'sqlite';
}
