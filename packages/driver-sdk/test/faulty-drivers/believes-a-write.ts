import { type PciAddress, pciAddressParts } from '@cyborgjs/core';
import { type AttachRequest, isDriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'believes what a write reports',
  seen: 'common: a return code taken for the state of the device',
  says: 'attach via direct, the answer undefined at call …, write "vfio-pci" to /sys/bus/pci/devices/0000:05:00.0/driver_override: it answered, and had not',
  checks: [34],
};

export default {
  ...acmeDriver,
  attach: (context: AcmeContext, request: AttachRequest) =>
    acmeDriver.attach(context, request).catch((error: unknown) => {
      if (isDriverError(error) && /did not come to|was not set aside/.test(error.message))
        return { type: request.handle.type, info: { ...pciAddressParts(request.handle.id as PciAddress) } };
      throw error;
    }),
};
