import { deviceLifeCycle, requireTransition } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
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
  { device: id, ifVersion, profile, options, dryRun, deadlineMs, ...asker }: InstallDeviceRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  return context.store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, id);
    const { host, driver } = device;
    const wanted = installArguments({ profile, options, dryRun });
    const order = { verb: 'install', host, driver, device, arguments: wanted, asker, deadlineMs } as const;
    const repeat = await findRepeat(transaction, order);
    if (repeat !== undefined) return repeat;
    requireVersion('device', device, ifVersion);
    if (dryRun) requireTransition(deviceLifeCycle, device.state, 'install');
    else await moveDevice(transaction, device, { event: 'install' });
    return startOperation(transaction, order, context);
  });
}
