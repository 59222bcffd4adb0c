import type { StatsWrites } from './driver-stats.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import type { TransactionSession } from './session.ts';

const addStats = insertIfAbsent('driver_stats');
const addCalls = insertIfAbsent('driver_calls');

/** Writes of the readings of devices. */
export function statsWrites(session: TransactionSession): StatsWrites {
  return {
    async put(host, driver, sample) {
      const values = { sample: JSON.stringify(sample), read_at: session.now() };
      const { numUpdatedRows } = await session.db
        .updateTable('driver_stats')
        .set(values)
        .where('host', '=', host)
        .where('driver', '=', driver)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) await addStats(session, { host, driver, ...values });
    },

    async putCalls(host, driver, calls) {
      const values = { calls: JSON.stringify(calls), told_at: session.now() };
      const { numUpdatedRows } = await session.db
        .updateTable('driver_calls')
        .set(values)
        .where('host', '=', host)
        .where('driver', '=', driver)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) await addCalls(session, { host, driver, ...values });
    },
  };
}
