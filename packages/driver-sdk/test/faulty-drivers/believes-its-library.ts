import type { InstallRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import { type AcmeContext, describeCard, requireCard, setMode } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'believes that its library has done what it was called for',
  seen: 'NVML: a limit that is accepted and clamped, or not taken over before the next reset',
  says: 'install of the default layout, the answer undefined at call …, call acmeml.setPowerLimit {"address":"0000:05:00.0","watts":250}: it answered, and had not done it',
  checks: [34],
};

/** Sets the limit and does not look what it then is. */
export default {
  ...acmeDriver,
  install: async (context: AcmeContext, { device }: InstallRequest) => {
    const address = await requireCard(context, device);
    await setMode(context, address, 'guest');
    if ((await context.ports.acmeml.powerLimit({ address })) !== 250)
      await context.ports.acmeml.setPowerLimit({ address, watts: 250 });
    return describeCard(context, address);
  },
};
