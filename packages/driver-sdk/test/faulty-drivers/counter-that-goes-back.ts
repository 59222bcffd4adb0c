import type { DeviceReference } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'answers a counter that begins anew with each call',
  seen: 'common: a difference since the last call, sold as a counter',
  says: 'the counter energy of dsn-7dca96c7ab01f7d1-f0 was 7 and then 0; expected it never to go back',
  checks: [48],
};

const before = new Map<string, number>();

export default {
  ...acmeDriver,
  stats: async (context: AcmeContext, devices: readonly DeviceReference[]) => {
    const readings = (await acmeDriver.stats?.(context, devices)) ?? {};
    return Object.fromEntries(
      Object.entries(readings).map(([identity, { energy = 0, ...others }]) => {
        const since = energy - (before.get(identity) ?? 0);
        before.set(identity, energy);
        return [identity, { ...others, energy: since }];
      }),
    );
  },
};
