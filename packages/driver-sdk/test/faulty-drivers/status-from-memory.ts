import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'tells the status from memory',
  seen: 'Nomad: what is reserved is known to the process of the plugin alone',
  says: 'after its driver override was cleared, status answered "attached"; expected "partial" or "detached"',
  checks: [28, 30, 31, 32, 33, 34, 37, 40],
};

const attached = new Set<string>();

export default {
  ...acmeDriver,
  status: async (_context: AcmeContext, { handle }: AttachRequest) =>
    attached.has(handle.id) ? ('attached' as const) : ('detached' as const),
  attach: async (context: AcmeContext, request: AttachRequest) => {
    const answer = await acmeDriver.attach(context, request);
    attached.add(request.handle.id);
    return answer;
  },
  detach: async (context: AcmeContext, request: AttachRequest) => {
    await acmeDriver.detach(context, request);
    attached.delete(request.handle.id);
  },
};
