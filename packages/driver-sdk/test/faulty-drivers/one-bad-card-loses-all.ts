import { DriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'loses all cards with one that does not answer',
  seen: 'intel/intel-device-plugins-for-kubernetes#372: a crash loop on one VF without its FME',
  says: 'when call …, read /sys/bus/pci/devices/0000:05:00.0/fw_state gave error, discover failed with hardware: 0000:05:00.0 does not tell its state;',
  checks: [12],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    const devices = await acmeDriver.discover(context);
    for (const { address } of devices) {
      const state = await context.sys.read(`/sys/bus/pci/devices/${address}/fw_state`);
      if (state === undefined) throw new DriverError('hardware', `${address} does not tell its state`);
    }
    return devices;
  },
};
