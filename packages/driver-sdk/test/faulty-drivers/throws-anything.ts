import { type AttachRequest, isDriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'throws errors that say nothing of what to do',
  seen: 'hashicorp/nomad#9711: error=<nil>; Cyborg: program answers False',
  says: 'attach via direct, EIO at call …, link /sys/bus/pci/devices/0000:05:00.0/physfn: it failed with an untyped error: Error: attach failed; expected an',
  checks: [30, 34],
};

export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((cause: unknown) => {
      if (isDriverError(cause) && cause.code !== 'hardware') throw cause;
      throw new Error('attach failed');
    }),
};
