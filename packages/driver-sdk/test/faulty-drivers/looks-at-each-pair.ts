import { readAttribute } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'looks at each pair of cards',
  seen: 'common: topology code that reads every card for every card',
  says: '4 cards took',
  checks: [15],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    const devices = await acmeDriver.discover(context);
    for (const { address } of devices)
      for (const other of devices)
        if (other.address !== address)
          await readAttribute(context.sys, `/sys/bus/pci/devices/${other.address}/numa_node`);
    return devices;
  },
};
