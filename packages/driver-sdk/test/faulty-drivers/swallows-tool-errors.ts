import { type InstallRequest, readAttribute } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { type AcmeContext, acmectl, describeCard, requireCard } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'does not look how its tool ended',
  seen: 'Cyborg: the error of a failed programming is swallowed',
  says: 'install of the default layout, the answer {"code":0,"out":"","err":""} at call …, run /usr/sbin/acmectl mode 0000:05:00.0 guest: it answered, and had',
  checks: [34, 35],
};

/** Sets the mode and neither asks how that ended nor looks. */
export default {
  ...acmeDriver,
  install: async (context: AcmeContext, { device }: InstallRequest) => {
    const address = await requireCard(context, device);
    const mode = await readAttribute(context.sys, `/sys/bus/pci/devices/${address}/mode`);
    if (mode !== 'guest') await context.sys.run(acmectl, ['mode', address, 'guest']);
    return describeCard(context, address);
  },
};
