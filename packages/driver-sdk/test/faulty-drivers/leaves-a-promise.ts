import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'does not wait for what it began',
  seen: 'homebridge/homebridge#1026: an error that nobody hears ends the process',
  says: 'attach, EIO at call …, read /sys/bus/pci/devices/0000:05:00.0/class: its process ended: driver acme ended by itself: exit status 1; expected the call',
  checks: [39],
  inProcess: true,
};

/** Looks at the class of the card meanwhile, and listens to the answer only. */
export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) => {
    void context.sys.read(`/sys/bus/pci/devices/${request.device.address}/class`);
    return acmeDriver.attach(context, request);
  },
};
