import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'lets its tool print a gigabyte',
  seen: 'common: standard output collected whole',
  says: 'program lets call …, run /usr/sbin/acmectl flash 0000:05:00.0 /var/lib/acme/images/a010-2.1.0.img print 1073741824 bytes; expected at most 67108864',
  checks: [36],
};

export default changeSeam('program', ({ sys }) => ({
  run: (tool, args, options) => sys.run(tool, args, { ...options, maxOutputBytes: 2 ** 30 }),
}));
