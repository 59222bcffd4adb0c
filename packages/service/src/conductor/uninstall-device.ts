import { deviceLifeCycle, requireTransition } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import { admitDevices } from './admit-devices.ts';
import type { ConductorContext, InstallDeviceRequest } from './conductor.ts';
import { installArguments } from './install-arguments.ts';
import { lockDevice } from './lock-device.ts';
import { moveDevice } from './move-device.ts';
import { refuseHeld } from './refuse-held.ts';
import { requireVersion } from './require-version.ts';
import { findRepeat, startOperation } from './start-operation.ts';

/** Begins to take a device back to where it was found; it is closed at once. */
export function uninstallDevice(
  { device: id, ifVersion, profile, options, dryRun, deadlineMs, ...asker }: InstallDeviceRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  return context.store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, id);
    const { host, driver } = device;
    const wanted = installArguments({ profile, options, dryRun });
    const order = { verb: 'uninstall', host, driver, device, arguments: wanted, asker, deadlineMs } as const;
    const repeat = await findRepeat(transaction, order);
    if (repeat !== undefined) return repeat;
    requireVersion('device', device, ifVersion);
    refuseHeld(device, 'uninstalled');
    if (dryRun) requireTransition(deviceLifeCycle, device.state, 'uninstall');
    else await moveDevice(transaction, device, { event: 'uninstall' });
    if (!dryRun && device.state === 'ready') await admitDevices(transaction, host, context);
    return startOperation(transaction, order, context);
  });
}
