import type { StoredDevice } from '../store/device.ts';
import { admitDevices } from './admit-devices.ts';
import type { ConductorContext, DeviceRequest } from './conductor.ts';
import { lockDevice } from './lock-device.ts';
import { moveDevice } from './move-device.ts';
import { requireVersion } from './require-version.ts';

/** Opens or closes an installed device for new consumers; who holds a part of it keeps it. */
export function setDeviceEnabled(
  { device: id, enabled, ifVersion }: DeviceRequest & { readonly enabled: boolean },
  context: ConductorContext,
): Promise<StoredDevice> {
  return context.store.transaction(async (transaction) => {
    const device = await lockDevice(transaction, id);
    requireVersion('device', device, ifVersion);
    if (device.state === (enabled ? 'ready' : 'disabled')) return device;
    await moveDevice(transaction, device, { event: enabled ? 'enable' : 'disable' });
    await admitDevices(transaction, device.host, context);
    return transaction.devices.get(id);
  });
}
