import {
  Device,
  type DeviceKind,
  type DeviceState,
  DeviceStats,
  type Health,
  HealthPeriod,
  Operation,
} from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** Which devices to list; all conditions must hold. */
export interface DeviceFilter {
  readonly host?: string;
  readonly driver?: string;
  readonly kind?: DeviceKind;
  /** PCI vendor id: `10de`. */
  readonly vendor?: string;
  readonly state?: DeviceState;
  readonly health?: Health['state'];
  /** Text to be found in what people know the device by. */
  readonly q?: string;
}

/** How a device is to be installed, or its installation taken back. */
export interface InstallOptions extends IntentOptions {
  /** Name of the layout wanted (number of functions, slices); the driver's default when it is not said. */
  readonly profile?: string;
  /** Options of the driver. */
  readonly options?: Readonly<Record<string, string>>;
  /** Change nothing: the plan stands with the attempts of the operation when it has ended. */
  readonly dryRun?: boolean;
  /** After so long it has failed. */
  readonly deadlineSeconds?: number;
}

/** Devices: physical cards, with their life cycle. */
export interface Devices {
  list(filter?: DeviceFilter, options?: ListOptions): AsyncIterable<Device>;
  /** Rejects with `device.not_found`. */
  get(id: string, options?: CallOptions): Promise<Device>;
  /** The latest readings of its driver: power, temperature and the like. Rejects with `device.not_found`. */
  stats(id: string, options?: CallOptions): Promise<DeviceStats>;
  /** How it felt, and why, the newest first. Rejects with `device.not_found`. */
  health(id: string, options?: ListOptions): AsyncIterable<HealthPeriod>;
  /** Installs it, after which it is given out; the work goes on after the answer. */
  ready(id: string, options?: InstallOptions): Promise<Operation>;
  /** Gives a disabled device out again. */
  enable(id: string, options?: IntentOptions): Promise<Device>;
  /** Gives it to no further consumer; those who hold it keep it. */
  disable(id: string, options?: IntentOptions): Promise<Device>;
  /** Takes the installation back; the work goes on after the answer. */
  uninstall(id: string, options?: InstallOptions): Promise<Operation>;
}

/** The devices behind a connection. */
export function createDevices(init: NounInit): Devices {
  const pathOf = (id: string) => `/v3/devices/${encodeURIComponent(id)}`;
  const install = (
    path: string,
    { profile, options, dryRun, deadlineSeconds, ...intent }: InstallOptions = {},
  ) =>
    postIntent(
      init,
      { path, body: { profile, options, dryRun, deadlineSeconds }, answer: Operation },
      intent,
    );
  return {
    list: (filter = {}, options = {}) =>
      paginate(init.callApi, { path: '/v3/devices', item: Device, filter: { ...filter }, options }),
    get: (id, options) => init.callApi({ method: 'GET', path: pathOf(id), answer: Device, ...options }),
    stats: (id, options) =>
      init.callApi({ method: 'GET', path: `${pathOf(id)}/stats`, answer: DeviceStats, ...options }),
    health: (id, options = {}) =>
      paginate(init.callApi, { path: `${pathOf(id)}/health`, item: HealthPeriod, filter: {}, options }),
    ready: (id, options) => install(`${pathOf(id)}/ready`, options),
    enable: (id, options) => postIntent(init, { path: `${pathOf(id)}/enable`, answer: Device }, options),
    disable: (id, options) => postIntent(init, { path: `${pathOf(id)}/disable`, answer: Device }, options),
    uninstall: (id, options) => install(`${pathOf(id)}/uninstall`, options),
  };
}
