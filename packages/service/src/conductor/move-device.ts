import { type DeviceEvent, type DeviceState, deviceLifeCycle, requireTransition } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoreTransaction } from '../store/store.ts';

/**
 * Moves a device along its life cycle. Throws `state.not_allowed`. Whether the set of open devices changed with it
 * is for the caller to see to.
 */
export async function moveDevice(
  transaction: StoreTransaction,
  device: StoredDevice,
  { event, reason = null }: { readonly event: DeviceEvent; readonly reason?: string | null },
): Promise<DeviceState> {
  const state = requireTransition(deviceLifeCycle, device.state, event);
  await transaction.devices.update(device.id, { state, stateReason: reason });
  transaction.events.add({
    type: 'device.state',
    subject: device.id,
    host: device.host,
    data: { from: device.state, to: state, ...(reason === null ? {} : { reason }) },
  });
  return state;
}
