import type { HealthPeriod, Page } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** What can be asked about how devices felt; each has its newest hundred periods. */
export interface DeviceHealthReads {
  /** Of one device, the newest first; the marker is the id of a period. */
  list(deviceId: string, query?: ListQuery): Promise<Page<HealthPeriod>>;
  /** Ids of periods that ended before a time. */
  endedBefore(before: number, limit: number): Promise<readonly number[]>;
}

/** What a transaction can do to them; they are written with the devices. */
export interface DeviceHealthWrites {
  remove(ids: readonly number[]): Promise<void>;
}
