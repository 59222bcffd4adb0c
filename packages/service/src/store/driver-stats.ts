import type { DeviceStats, StatsSample } from '@cyborgjs/core';
import type { StoredDevice } from './device.ts';

/** The latest readings of a device that is there, and where it is. */
export interface StoredDeviceStats extends DeviceStats {
  readonly host: string;
  readonly driver: string;
}

/** What has to be known of a device to find its readings. */
export type ReadDevice = Pick<StoredDevice, 'id' | 'host' | 'driver' | 'identity' | 'state'>;

/** What can be asked about the readings of devices. */
export interface StatsReads {
  /** Of these devices, in their order; without readings when a driver has told none, or the device is gone. */
  ofDevices(devices: readonly ReadDevice[]): Promise<DeviceStats[]>;
  /** Of all devices that are there, where they came in no longer ago than so many milliseconds. */
  recent(withinMs: number): Promise<readonly StoredDeviceStats[]>;
}

/** What a transaction can do to them. */
export interface StatsWrites {
  /** Keeps a driver's sample, and forgets the one before. */
  put(host: string, driver: string, sample: StatsSample): Promise<void>;
}
