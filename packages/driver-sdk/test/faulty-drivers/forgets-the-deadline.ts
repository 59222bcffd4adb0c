import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'waits on when its deadline has passed',
  seen: 'Nomad: Reserve has no deadline; zwave-js/zwave-js#6197: hung for a day',
  says: 'detach via direct, hang at call …, list /sys/bus/pci/devices/0000:05:00.0/iommu_group/devices: it did not come back after it was aborted; expected it to fail with timeout',
  checks: [32, 33],
};

export default {
  ...acmeDriver,
  detach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.detach(context, request).catch((error: unknown) => {
      if (context.signal.aborted) return new Promise<void>(() => {});
      throw error;
    }),
};
