import type { DeviceStats, DriverCalls, StatsSample } from '@cyborgjs/core';
import type { StoredDevice } from './device.ts';

/** The latest readings of a device that is there, and where it is. */
export interface StoredDeviceStats extends DeviceStats {
  readonly host: string;
  readonly driver: string;
}

/** How long the calls of a driver on a host took, as it was last told. */
export interface StoredDriverCalls {
  readonly host: string;
  readonly driver: string;
  readonly calls: DriverCalls;
}

/** What has to be known of a device to find its readings. */
export type ReadDevice = Pick<StoredDevice, 'id' | 'host' | 'driver' | 'identity' | 'state'>;

/** What can be asked about the readings of devices. */
export interface StatsReads {
  /** Of these devices, in their order; without readings when a driver has told none, or the device is gone. */
  ofDevices(devices: readonly ReadDevice[]): Promise<DeviceStats[]>;
  /** Of all devices that are there, where they came in no longer ago than so many milliseconds. */
  recent(withinMs: number): Promise<readonly StoredDeviceStats[]>;
  /** How long calls took, where that was told no longer ago than so many milliseconds; by host and driver. */
  recentCalls(withinMs: number): Promise<readonly StoredDriverCalls[]>;
}

/** What a transaction can do to them. */
export interface StatsWrites {
  /** Keeps a driver's sample, and forgets the one before. */
  put(host: string, driver: string, sample: StatsSample): Promise<void>;
  /** Keeps how long its calls took, and forgets what was told before. */
  putCalls(host: string, driver: string, calls: DriverCalls): Promise<void>;
}
