import type { AttachRequest } from '../../src/index.ts';
import { DriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'cannot detach a card that was pulled out',
  seen: 'Seagate/seagate-exos-x-csi#141: a detach that can never succeed',
  says: 'detach of ffff:ff:1f.7, which was never attached, failed with not_found: there is no function ffff:ff:1f.7',
  checks: [25, 27],
};

export default {
  ...acmeDriver,
  detach: async (context: AcmeContext, request: AttachRequest) => {
    const found = await context.sys.resolve(`/sys/bus/pci/devices/${request.handle.id}`);
    if (found === undefined) throw new DriverError('not_found', `there is no function ${request.handle.id}`);
    await acmeDriver.detach(context, request);
  },
};
