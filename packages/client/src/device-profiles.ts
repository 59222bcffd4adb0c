import { DeviceProfile } from '@cyborgjs/core';
import { z } from 'zod';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import type { NounInit } from './post-intent.ts';

/** A device profile to be made. */
export type NewDeviceProfile = Pick<DeviceProfile, 'name' | 'description' | 'groups'>;

/** Device profiles: named requests for accelerators, which flavors refer to. */
export interface DeviceProfiles {
  list(options?: ListOptions): AsyncIterable<DeviceProfile>;
  /** By id or name. Rejects with `device_profile.not_found`. */
  get(which: string, options?: CallOptions): Promise<DeviceProfile>;
  /**
   * Makes one; where there is one of that name that says the same, that is the answer. Rejects with
   * `device_profile.exists`, `request.invalid`.
   */
  create(profile: NewDeviceProfile, options?: CallOptions): Promise<DeviceProfile>;
  /** By id or name. Rejects with `device_profile.not_found`, `device_profile.in_use`. */
  remove(which: string, options?: CallOptions): Promise<void>;
}

/** The device profiles behind a connection. */
export function createDeviceProfiles({ callApi }: NounInit): DeviceProfiles {
  const path = '/v3/device-profiles';
  const pathOf = (which: string) => `${path}/${encodeURIComponent(which)}`;
  return {
    list: (options = {}) => paginate(callApi, { path, item: DeviceProfile, filter: {}, options }),
    get: (which, options) =>
      callApi({ method: 'GET', path: pathOf(which), answer: DeviceProfile, ...options }),
    create: ({ name, description, groups }, options) =>
      callApi({
        method: 'POST',
        path,
        body: { name, description, groups },
        answer: DeviceProfile,
        ...options,
      }),
    remove: (which, options) =>
      callApi({ method: 'DELETE', path: pathOf(which), answer: z.undefined(), ...options }),
  };
}
