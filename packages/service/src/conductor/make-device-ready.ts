import { deviceLifeCycle, requireTransition } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext, InstallDeviceRequest } from './conductor.ts';
import { installArguments } from './install-arguments.ts';
import { lockDevice } from './lock-device.ts';
import { moveDevice } from './move-device.ts';
import { requireVersion } from './require-version.ts';
import { findRepeat, startOperation } from './start-operation.ts';

/**
 * Begins to install a device. Neither a stale driver nor a silent host is a reason to refuse: the operation waits
 * for the agent until its deadline.
 */
export function makeDeviceReady(
  request: InstallDeviceRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  return context.store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, request.device);
    return beginInstall(transaction, { ...request, device }, context);
  });
}

/** The same in the transaction of somebody who holds the host and has read the device. */
export async function beginInstall(
  transaction: StoreTransaction,
  {
    device,
    ifVersion,
    profile,
    options,
    dryRun,
    deadlineMs,
    ...asker
  }: Omit<InstallDeviceRequest, 'device'> & { readonly device: StoredDevice },
  context: ConductorContext,
): Promise<StoredOperation> {
  const { host, driver } = device;
  const wanted = installArguments({ profile, options, dryRun });
  const order = { verb: 'install', host, driver, device, arguments: wanted, asker, deadlineMs } as const;
  const repeat = await findRepeat(transaction, order);
  if (repeat !== undefined) return repeat;
  requireVersion('device', device, ifVersion);
  if (dryRun) requireTransition(deviceLifeCycle, device.state, 'install');
  else await moveDevice(transaction, device, { event: 'install' });
  return startOperation(transaction, order, context);
}
