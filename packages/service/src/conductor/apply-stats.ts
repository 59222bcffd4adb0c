import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** Keeps what a driver has read of its devices in place of what it read before. */
export async function applyStats(
  transaction: StoreTransaction,
  fact: FactOf<'stats'>,
  context: ConductorContext,
): Promise<void> {
  const { host, driver, sample } = fact;
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  // A driver that has been removed since leaves nothing behind.
  if ((await transaction.hosts.findDriver(host, driver)) === undefined) return;
  await transaction.stats.put(host, driver, sample);
}
