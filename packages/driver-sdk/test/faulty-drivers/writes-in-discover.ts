import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'writes while it discovers',
  seen: 'common: discovery that loads, binds or carves up what it finds',
  says: 'discover changes the machine: call …, write "0000:03:00.0" to /sys/bus/pci/drivers_probe',
  checks: [7],
};

/** Looks whether a card that has no driver would get one now. */
export default changeSeam('discover', ({ sys }) => ({
  list: async (path) => {
    if (path === '/sys/bus/pci/devices')
      await sys.write('/sys/bus/pci/drivers_probe', '0000:03:00.0').catch(() => {});
    return sys.list(path);
  },
}));
