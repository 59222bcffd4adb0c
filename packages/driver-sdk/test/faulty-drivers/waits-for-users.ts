import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'unbinds a card that somebody uses',
  seen: 'kubernetes-sigs/dra-driver-nvidia-gpu#1076: a bind to VFIO hangs while a daemon has the GPU open',
  says: 'attach of a handle that somebody uses answered {"type":"PCI"',
  checks: [24],
};

export default changeSeam('attach', ({ sys }) => ({
  read: async (path) => (path.endsWith('/users') ? '0\n' : sys.read(path)),
}));
