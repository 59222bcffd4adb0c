import { HostDriver } from '@cyborgjs/core';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** Which drivers to list. */
export interface DriverFilter {
  readonly host?: string;
  /** Id of a driver. */
  readonly driver?: string;
}

/** Drivers, each as it does on one host. */
export interface Drivers {
  list(filter?: DriverFilter, options?: ListOptions): AsyncIterable<HostDriver>;
}

/** The drivers behind a connection. */
export function createDrivers({ callApi }: NounInit): Drivers {
  return {
    list: (filter = {}, options = {}) =>
      paginate(callApi, { path: '/v3/drivers', item: HostDriver, filter: { ...filter }, options }),
  };
}
