import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'has its tool act in a dry run',
  seen: 'tools with a --dry-run of their own that they do not keep',
  checks: [],
};

export default changeSeam('install', ({ sys }) => ({
  run: (tool, args, options) => sys.run(tool, args, { ...options, readOnly: true }),
}));
