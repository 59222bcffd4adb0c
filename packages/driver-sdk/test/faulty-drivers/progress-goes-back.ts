import type { ProgramRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'tells of progress that goes back',
  seen: 'progress by phase, each from 0 to 1',
  says: 'program told of the progress 0.9, 0.1, 0.6, 1; expected it never to go back',
  checks: [41],
};

export default {
  ...acmeDriver,
  program: async (context: AcmeContext, request: ProgramRequest) => {
    context.progress(0.9, 'checking');
    return acmeDriver.program?.(context, request);
  },
};
