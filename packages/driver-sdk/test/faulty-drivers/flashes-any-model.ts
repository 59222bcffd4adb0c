import { acmeImage } from '../acme/acme-image.ts';
import { changeSeam } from './change-seam.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'flashes an image that is made for another model',
  seen: 'NabuCasa/zwave-firmware#18: bricked',
  says: 'program of an image for another model answered {"version":"2.1.0"}; expected it to be refused as invalid',
  checks: [42],
};

/** Looks whether the image is whole, and not what it is for. */
export default changeSeam('program', ({ sys, config }) => ({
  readBytes: async (path) => {
    const bytes = await sys.readBytes(path);
    const text = bytes === undefined ? '' : Buffer.from(bytes).toString();
    return /model=a020/.test(text) ? Buffer.from(acmeImage('a010', '2.1.0', config.signingKey)) : bytes;
  },
}));
