import { type AttachRequest, DriverError, isDriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'hides that it may not write',
  seen: 'containers with a read-only /sys, reported as "try again"',
  checks: [],
};

export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((cause: unknown) => {
      if (!isDriverError(cause) || cause.code !== 'denied') throw cause;
      throw new DriverError('unavailable', 'try again', { cause });
    }),
};
