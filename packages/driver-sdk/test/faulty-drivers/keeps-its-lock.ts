import { type AttachRequest, DriverError } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'keeps its lock when a call is cut off',
  seen: 'zwave-js/zwave-js#3966: an update that failed blocks all later ones until a restart',
  says: 'attach via direct, hang at call …, read /sys/bus/pci/devices/0000:05:00.0/device: attach afterwards failed with busy: 0000:05:00.0 is being attached;',
  checks: [32, 33],
};

const busy = new Set<string>();

export default {
  ...acmeDriver,
  attach: async (context: AcmeContext, request: AttachRequest) => {
    const { id } = request.handle;
    if (busy.has(id)) throw new DriverError('busy', `${id} is being attached`);
    busy.add(id);
    try {
      return await acmeDriver.attach(context, request);
    } finally {
      if (!context.signal.aborted) busy.delete(id);
    }
  },
};
