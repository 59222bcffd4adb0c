import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'takes a card over from who has it',
  seen: 'Nomad: a reservation has no owner and is never released',
  says: 'attach for another owner, asked of the driver itself, changed the machine: call …, write "\\n" to /sys/bus/pci/devices/0000:05:00.0/driver_override',
  checks: [19],
};

/** Begins anew whenever it finds the card attached already. */
export default {
  ...acmeDriver,
  attach: async (context: AcmeContext, request: AttachRequest) => {
    const owner = owners.get(request.handle.id);
    if (owner !== undefined && owner !== request.consumer.id) await acmeDriver.detach(context, request);
    owners.set(request.handle.id, request.consumer.id);
    return acmeDriver.attach(context, request);
  },
};

const owners = new Map<string, string>();
