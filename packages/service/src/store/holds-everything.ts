import type { Session } from './session.ts';

/**
 * Whether a transaction holds the whole database from its begin, as one of SQLite does. The others hold hosts and quotas
 * by writing to them: that conflicts on every database, Galera included, where a read would not. Requests are held by
 * the read that tells them, as whoever holds some changes them.
 */
export function holdsEverything({ kind }: Pick<Session, 'kind'>): boolean {
  return kind === 'sqlite';
}
