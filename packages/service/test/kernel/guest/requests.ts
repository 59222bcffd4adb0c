import type { DiscoveredDevice } from '@cyborgjs/core';
import type { AttachRequest, InstallRequest } from '@cyborgjs/driver-sdk';

/** The device at an address; throws when it is not among those found. */
export function deviceAt(devices: readonly DiscoveredDevice[], address: string): DiscoveredDevice {
  const device = devices.find((one) => one.address === address);
  if (device === undefined)
    throw new Error(`no device at ${address}, but ${devices.map((one) => one.address).join(', ')}`);
  return device;
}

/** Ids of all handles of a device. */
export const handleIds = ({ deployables }: DiscoveredDevice): string[] =>
  deployables.flatMap(({ handles }) => handles.map(({ id }) => id));

/** Asks for a function of a device, for a consumer that takes it without Nova. */
export function attachRequest(device: DiscoveredDevice, id: string): AttachRequest {
  const reference = { identity: device.identity ?? `at:${device.address}`, address: device.address };
  const consumer = { type: 'host', id: 'a-guest', via: 'direct' } as const;
  return { device: reference, handle: { id, type: 'PCI' }, consumer, options: {} };
}

/** Asks for a layout of a device; for the driver's own choice without a profile. */
export function installRequest(device: DiscoveredDevice, profile?: string): InstallRequest {
  const reference = { identity: device.identity ?? `at:${device.address}`, address: device.address };
  return { device: reference, options: {}, ...(profile === undefined ? {} : { profile }) };
}
