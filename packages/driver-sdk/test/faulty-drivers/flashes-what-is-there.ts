import type { ProgramRequest, RunOptions } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'flashes the version that is there already',
  seen: 'common: a firmware tool without a look at the version',
  says: 'program of the image that is there already did it again: call …, run /usr/sbin/acmectl flash 0000:05:00.0 /var/lib/acme/images/a010-2.1.0.img',
  checks: [45],
};

/** Takes what it read before it flashed for nothing. */
export default {
  ...acmeDriver,
  program: async (context: AcmeContext, request: ProgramRequest) => {
    let isFlashed = false;
    const sys = {
      ...context.sys,
      read: async (path: string) =>
        path.endsWith('/fw_version') && !isFlashed ? '0\n' : context.sys.read(path),
      run: async (tool: string, args: readonly string[], options?: RunOptions) => {
        isFlashed = true;
        return context.sys.run(tool, args, options);
      },
    };
    return acmeDriver.program?.({ ...context, sys }, request);
  },
};
