import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { dropDrivers } from './drop-drivers.ts';
import { hearHost } from './hear-host.ts';

/** An agent lives: notes how its drivers and its tree in Placement do. */
export async function applyHeartbeat(
  transaction: StoreTransaction,
  fact: FactOf<'heartbeat'>,
  context: ConductorContext,
): Promise<void> {
  const before = await hearHost(transaction, fact, context);
  if (before === undefined) return;
  const { host, drivers, placement } = fact;
  await transaction.hosts.update(host, { placement });
  await transaction.hosts.putDrivers(host, drivers);
  await dropDrivers(transaction, { host: before, drivers }, context);
  const stateBefore = new Map(before.drivers.map(({ id, state }) => [id, state]));
  for (const { id, state } of drivers) {
    const from = stateBefore.get(id);
    if (from !== undefined && from !== state)
      transaction.events.add({ type: 'driver.state', subject: id, host, data: { from, to: state } });
  }
}
