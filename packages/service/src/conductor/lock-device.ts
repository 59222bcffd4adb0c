import type { StoredDevice } from '../store/device.ts';
import type { StoreTransaction } from '../store/store.ts';

/** Holds the host of a device and reads the device as it then is. Throws `device.not_found`. */
export async function lockDevice(transaction: StoreTransaction, id: string): Promise<StoredDevice> {
  const { host } = await transaction.devices.get(id);
  await transaction.hosts.lock(host);
  return transaction.devices.get(id);
}
