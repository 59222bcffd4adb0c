import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'keeps the card it works on in a variable of the module',
  seen: 'common: code written for one card at a time',
  says: 'in round 1 of all at once, attach of 0000:0',
  checks: [22, 23],
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
