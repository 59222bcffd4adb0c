import type { AttachRequest } from '../../src/index.ts';
import { DriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'makes a hardware failure of a deadline that has passed',
  seen: 'common: every error wrapped in one of the own',
  says: 'attach via direct, hang at call …, read /sys/bus/pci/devices/0000:05:00.0/device: it failed with hardware: attach failed; expected it to fail with',
  checks: [32, 33],
};

export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((cause: unknown) => {
      if (!context.signal.aborted) throw cause;
      throw new DriverError('hardware', 'attach failed', { cause });
    }),
};
