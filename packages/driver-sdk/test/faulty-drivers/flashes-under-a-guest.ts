import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'flashes a card that a guest has',
  seen: 'Cyborg: program asks nobody who has the card',
  checks: [],
};

export default changeSeam('program', ({ sys }) => ({
  link: async (path) => (path.endsWith('/driver') ? 'acme' : sys.link(path)),
}));
