import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'flashes a card that a guest has',
  seen: 'common: programming that asks nobody who has the card',
  says: 'program of a card with an attached handle answered {"version":"2.1.0"}, after call …, run /usr/sbin/acmectl flash 0000:05:00.0',
  checks: [45],
};

export default changeSeam('program', ({ sys }) => ({
  link: async (path) => (path.endsWith('/driver') ? 'acme' : sys.link(path)),
}));
