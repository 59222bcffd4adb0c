import { scanPci } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { type AcmeContext, describeFound } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'offers a card and its virtual functions',
  seen: 'bigstack-oss/cubecos#1341: cards reported that are carved up already',
  says: 'the same handle id is there more than once: 0000:06:00.1',
  checks: [9, 16, 22, 47],
};

/** Takes each function for a card of its own. */
export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    const found = await scanPci(context.sys, { match: { vendor: '1d55' } });
    return Promise.all(found.map((fn) => describeFound(context.sys, fn)));
  },
};
