import type { Machine, ProgramRequest } from '@cyborgjs/driver-sdk';
import { refuseImage, shown } from './refuse-image.ts';
import { sha256 } from './sha256.ts';

/**
 * The bytes of the image that a request names. Throws `invalid` where there is none, it is empty, or it does not
 * hash to `options.sha256`.
 */
export async function loadImage(sys: Machine, { image, options }: ProgramRequest): Promise<Uint8Array> {
  const bytes = await sys.readBytes(image);
  if (bytes === undefined) throw refuseImage(`there is no file ${shown(image)}`);
  if (bytes.length === 0) throw refuseImage(`${shown(image)} is empty`);
  const wanted = options.sha256;
  if (wanted === undefined) return bytes;
  const found = await sha256(bytes);
  if (found === wanted.toLowerCase()) return bytes;
  throw refuseImage(
    `its SHA-256 is ${found}, and ${shown(wanted)} is wanted`,
    'It was damaged on its way, or is another file: fetch it again.',
  );
}
