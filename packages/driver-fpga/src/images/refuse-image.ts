import { DriverError } from '@cyborgjs/driver-sdk';

/** Why an image is refused, before anything of the card is touched. */
export function refuseImage(why: string, hint?: string): DriverError {
  return new DriverError('invalid', `the image is refused: ${why}`, hint === undefined ? {} : { hint });
}

/** Text from a hostile file, fit to be shown: printable, and short. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 80));
