import { type InstallRequest, toolFailed } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { type AcmeContext, acmectl, requireCard } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'lays a card out anew that is laid out already',
  seen: 'common: an installation that begins by taking everything away',
  says: 'the second install changed something: call …, run /usr/sbin/acmectl mode 0000:05:00.0 host',
  checks: [51],
};

/** Gives the card back to the host first, whatever it was. */
export default {
  ...acmeDriver,
  install: async (context: AcmeContext, request: InstallRequest) => {
    const address = await requireCard(context, request.device);
    const result = await context.sys.run(acmectl, ['mode', address, 'host']);
    if (result.code !== 0) throw toolFailed(acmectl, result);
    return acmeDriver.install?.(context, request);
  },
};
