import { acmeDriver } from '../acme/acme-driver.ts';
import { type AcmeContext, acmectl } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'runs a tool for each card',
  seen: 'common: one run of a vendor tool for each card',
  says: '4 cards took',
  checks: [15],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    const devices = await acmeDriver.discover(context);
    for (const { address } of devices)
      await context.sys.run(acmectl, ['health', address], { readOnly: true }).catch(() => undefined);
    return devices;
  },
};
