import type { DriverStatus } from '@cyborgjs/core';
import type { StoredHost } from '../store/host.ts';
import type { StoreTransaction } from '../store/store.ts';
import { applyInventory } from './apply-report.ts';
import type { ConductorContext } from './conductor.ts';

/**
 * Lets the drivers go that a host had and has no longer: an agent always names all of its drivers, those too that
 * do not run. Their devices are gone; a driver is kept, `stopped`, as long as an operation keeps a device of its.
 */
export async function dropDrivers(
  transaction: StoreTransaction,
  { host, drivers }: { readonly host: StoredHost; readonly drivers: readonly DriverStatus[] },
  context: ConductorContext,
): Promise<void> {
  const ids = new Set(drivers.map(({ id }) => id));
  for (const driver of host.drivers.filter(({ id }) => !ids.has(id))) {
    const stored = await transaction.hosts.findDriver(host.name, driver.id);
    if (stored === undefined) continue;
    await applyInventory(transaction, { host, driver: stored, devices: [] }, context);
    const { items } = await transaction.devices.list({ host: host.name, driver: driver.id });
    if (items.some(({ state }) => state !== 'gone')) {
      await transaction.hosts.updateDriver(host.name, driver.id, { state: 'stopped', stale: true });
      continue;
    }
    await transaction.hosts.removeDriver(host.name, driver.id);
    transaction.events.add({ type: 'driver.removed', subject: driver.id, host: host.name, data: {} });
  }
}
