import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'takes a list that fails for an empty one',
  seen: 'Cyborg: a driver that cannot look reports no devices, and all of them are deleted',
  says: 'when call …, list /sys/bus/pci/devices gave EIO, discover answered []; expected it to fail with hardware or denied',
  checks: [11],
};

export default {
  ...acmeDriver,
  discover: (context: AcmeContext) => acmeDriver.discover(context).catch(() => []),
};
