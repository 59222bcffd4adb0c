import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'calls a card with half an image well',
  seen: 'home-assistant/core#78902: what a firmware update that broke off leaves',
  says: 'program, crash-during at call …, run /usr/sbin/acmectl flash 0000:05:00.0 /var/lib/acme/images/a010-2.1.0.img: half of the image is on the card',
  checks: [44],
};

export default changeSeam('discover', ({ sys }) => ({
  read: async (path) => (path.endsWith('/fw_state') ? 'ok\n' : sys.read(path)),
}));
