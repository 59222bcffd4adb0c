import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'unbinds a card that somebody uses',
  seen: 'dra-driver-nvidia-gpu#1076: VFIO bind hangs while persistenced has the GPU',
  says: 'attach of a handle that somebody uses answered {"type":"PCI","info":{"domain":"0000","bus":"05","device":"00","function":"0"}}; expected busy, with',
  checks: [24],
};

export default changeSeam('attach', ({ sys }) => ({
  read: async (path) => (path.endsWith('/users') ? '0\n' : sys.read(path)),
}));
