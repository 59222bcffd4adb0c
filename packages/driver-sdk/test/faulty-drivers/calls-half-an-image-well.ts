import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'calls a card with half an image well',
  seen: 'home-assistant/core#78902: the state of a firmware update that broke off',
  checks: [],
};

export default changeSeam('discover', ({ sys }) => ({
  read: async (path) => (path.endsWith('/fw_state') ? 'ok\n' : sys.read(path)),
}));
