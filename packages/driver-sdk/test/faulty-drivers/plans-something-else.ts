import type { AttachRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'plans something else than it then does',
  seen: 'common: a plan made by other code than the doing',
  says: 'the dry run of detach via direct planned 0 steps and the real one took 3; step 1 was planned as nothing, and was write "\\n" to',
  checks: [46],
};

export default {
  ...acmeDriver,
  detach: async (context: AcmeContext, request: AttachRequest) => {
    if (!context.dryRun) await acmeDriver.detach(context, request);
  },
};
