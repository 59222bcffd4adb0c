import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'has its tool act in a dry run',
  seen: 'common: a dry run that only half of the code knows of',
  says: 'the dry run of install changed the machine: /sys/devices/pci0000:05/0000:05:00.0/mode was "host\\n" and is "guest\\n"',
  checks: [46],
};

export default changeSeam('install', ({ sys }) => ({
  run: (tool, args, options) => sys.run(tool, args, { ...options, readOnly: true }),
}));
