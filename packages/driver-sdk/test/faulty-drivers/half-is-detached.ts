import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'calls a card that is half attached detached',
  seen: 'the second draft of this SDK: on vfio-pci with a cleared override read as detached',
  says: 'attach via direct, EIO at call …, read /sys/bus/pci/devices/0000:05:00.0/driver_override: status then answered "detached"; expected partial, for',
  checks: [30, 31, 32, 33, 34, 37],
};

export default {
  ...acmeDriver,
  status: async (context: AcmeContext, request: AttachRequest) => {
    const status = await acmeDriver.status(context, request);
    return status === 'partial' ? ('detached' as const) : status;
  },
};
