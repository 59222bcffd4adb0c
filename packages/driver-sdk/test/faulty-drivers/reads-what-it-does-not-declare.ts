import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'reads what its manifest does not name',
  seen: 'os-brick: any command may be run as root, a back door by its own docstring',
  says: 'discover met denials: the driver may not read /proc/cmdline',
  checks: [50],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    await context.sys.read('/proc/cmdline').catch(() => undefined);
    return acmeDriver.discover(context);
  },
};
