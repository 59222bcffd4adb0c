import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'keeps the card it works on in a variable of the module',
  seen: 'plugins written for one device at a time',
  checks: [],
};

let current = '';

export default {
  ...acmeDriver,
  attach: async (context: AcmeContext, request: AttachRequest) => {
    current = request.handle.id;
    await acmeDriver.status(context, request);
    return acmeDriver.attach(context, { ...request, handle: { ...request.handle, id: current } });
  },
};
