import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'infers from one fact that all is undone',
  seen: 'the first release helper of this SDK: a crash between two steps left the card on vfio-pci',
  says: 'detach via direct, ENOENT at call …, read /sys/bus/pci/devices/0000:05:00.0/driver_override: it answered, and had not done it: all is still there',
  checks: [30, 31, 32, 33, 34, 37],
};

export default {
  ...acmeDriver,
  detach: async (context: AcmeContext, request: AttachRequest) => {
    const override = await context.sys.read(`/sys/bus/pci/devices/${request.handle.id}/driver_override`);
    if (override?.startsWith('vfio') === true) await acmeDriver.detach(context, request);
  },
};
