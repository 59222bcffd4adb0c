import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'attaches anew what is attached already',
  seen: 'common: an attach that resets the card whatever its state',
  says: 'attach number 2 wrote: call …, write "vfio-pci" to /sys/bus/pci/devices/0000:05:00.0/driver_override',
  checks: [18, 19, 21, 48],
};

export default {
  ...acmeDriver,
  attach: async (context: AcmeContext, request: AttachRequest) => {
    const answer = await acmeDriver.attach(context, request);
    await context.sys.write(`/sys/bus/pci/devices/${request.handle.id}/driver_override`, 'vfio-pci');
    return answer;
  },
};
