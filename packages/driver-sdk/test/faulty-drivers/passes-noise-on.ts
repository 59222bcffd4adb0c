import { DriverError } from '../../src/index.ts';
import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'passes on what its tool printed, whatever that is',
  seen: 'common: the output of a crashed tool in a message, control characters and all',
  says: 'program, when call …, run /usr/sbin/acmectl flash 0000:05:00.0 /var/lib/acme/images/a010-2.1.0.img ended with 1 and noise: its failure passes on 41',
  checks: [35],
};

export default changeSeam('program', ({ sys }) => ({
  run: async (tool, args, options) => {
    const result = await sys.run(tool, args, options);
    if (result.code !== 0) throw new DriverError('hardware', `${tool} failed: ${result.err}${result.out}`);
    return result;
  },
}));
