import { DeviceStats } from '@cyborgjs/core';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** Of which devices to list the readings; all conditions must hold. */
export interface StatsFilter {
  readonly host?: string;
  /** Id of a driver. */
  readonly driver?: string;
}

/** Stats: what drivers last read of many devices. */
export interface Stats {
  list(filter?: StatsFilter, options?: ListOptions): AsyncIterable<DeviceStats>;
}

/** The stats behind a connection. */
export function createStats({ callApi }: NounInit): Stats {
  return {
    list: (filter = {}, options = {}) =>
      paginate(callApi, { path: '/v3/stats', item: DeviceStats, filter: { ...filter }, options }),
  };
}
