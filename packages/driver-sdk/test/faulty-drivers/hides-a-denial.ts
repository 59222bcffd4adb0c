import { type AttachRequest, DriverError, isDriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'hides that it may not write',
  seen: 'common: a read-only /sys reported as "try again"',
  says: 'attach via direct, EACCES at call …, write "vfio-pci" to /sys/bus/pci/devices/0000:05:00.0/driver_override: it failed with unavailable: try again;',
  checks: [37],
};

export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((cause: unknown) => {
      if (!isDriverError(cause) || cause.code !== 'denied') throw cause;
      throw new DriverError('unavailable', 'try again', { cause });
    }),
};
