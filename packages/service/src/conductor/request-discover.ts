import { CyborgError } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { ConductorContext, DiscoverRequest } from './conductor.ts';
import { findRepeat, startOperation } from './start-operation.ts';

/** Asks the agent of a host to look again, with one driver or all. */
export function requestDiscover(
  { host: name, driver, ...asker }: DiscoverRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  return context.store.transaction(async (transaction) => {
    const host = await transaction.hosts.lock(name);
    const order = {
      verb: 'discover',
      host: name,
      driver: driver ?? null,
      device: null,
      arguments: {},
      asker,
    } as const;
    const repeat = await findRepeat(transaction, order);
    if (repeat !== undefined) return repeat;
    const known = host.drivers.map(({ id }) => id);
    if (driver !== undefined && !known.includes(driver))
      throw new CyborgError(
        'driver.not_found',
        `no driver ${driver} runs on ${name}; these do: ${known.join(', ') || 'none'}`,
        { details: { host: name, driver, known } },
      );
    return startOperation(transaction, order, context);
  });
}
