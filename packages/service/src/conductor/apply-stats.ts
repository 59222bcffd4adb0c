import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** Keeps what a driver has read of its devices, and how long its calls took, in place of what was before. */
export async function applyStats(
  transaction: StoreTransaction,
  fact: FactOf<'stats'>,
  context: ConductorContext,
): Promise<void> {
  const { host, driver, sample, calls } = fact;
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  // A driver that has been removed since leaves nothing behind.
  if ((await transaction.hosts.findDriver(host, driver)) === undefined) return;
  if (sample !== undefined) await transaction.stats.put(host, driver, sample);
  if (calls !== undefined) await transaction.stats.putCalls(host, driver, calls);
}
