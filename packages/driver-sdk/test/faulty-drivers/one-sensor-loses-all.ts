import { type DeviceReference, DriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'loses all readings with one sensor',
  seen: 'common: one unreadable sensor ends the whole reading',
  says: 'when call …, read /sys/bus/pci/devices/0000:05:00.0/temp1_input gave EIO, stats failed with hardware: cannot read',
  checks: [48],
};

export default {
  ...acmeDriver,
  stats: async (context: AcmeContext, devices: readonly DeviceReference[]) => {
    const readings: Record<string, Record<string, number>> = {};
    for (const { identity, address } of devices) {
      const text = await context.sys.read(`/sys/bus/pci/devices/${address}/temp1_input`);
      if (text === undefined) throw new DriverError('hardware', `${address} has no temperature`);
      readings[identity] = { temperature: Number(text) / 1000 };
    }
    return readings;
  },
};
