import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'lets its tool print a gigabyte',
  seen: 'collectors that take stdout whole',
  checks: [],
};

export default changeSeam('program', ({ sys }) => ({
  run: (tool, args, options) => sys.run(tool, args, { ...options, maxOutputBytes: 2 ** 30 }),
}));
