import type { DeviceReference } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'waits without letting anything else happen',
  seen: 'homebridge/homebridge#2682: a plugin that slows everything down',
  says: 'in a process of its own, stats failed with unavailable: the call was lost: driver acme did not answer for',
  checks: [38],
  inProcess: true,
};

let isFirst = true;

/** Gives the sensors five seconds to settle, the first time that they are asked for. */
export default {
  ...acmeDriver,
  stats: async (context: AcmeContext, devices: readonly DeviceReference[]) => {
    if (isFirst) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
    isFirst = false;
    return acmeDriver.stats?.(context, devices);
  },
};
