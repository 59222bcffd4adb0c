import { type AttachRequest, isDriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'says that a handle is attached which does not exist',
  seen: 'common: an attach that trusts its request',
  says: 'attach of the unknown handle "ffff:ff:1f.7" answered {"type":"PCI","info":{}}; expected not_found',
  checks: [23, 30],
};

export default {
  ...acmeDriver,
  attach: async (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((error: unknown) => {
      if (isDriverError(error) && error.code === 'not_found') return { type: request.handle.type, info: {} };
      throw error;
    }),
};
