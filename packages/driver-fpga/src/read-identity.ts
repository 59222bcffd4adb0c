import { type Machine, readCardIdentity, readConfigSpace } from '@cyborgjs/driver-sdk';
import { readAlveoSerial } from './alveo-reading.ts';
import type { FpgaFamily } from './models.ts';

/**
 * The identity that discovery would give a card now; null when it cannot be read.
 *
 * @param address of the card's physical function; for an Alveo card of either function
 */
export async function readIdentity(
  sys: Machine,
  family: FpgaFamily,
  address: string,
): Promise<string | null> {
  if (family === 'intel') return readCardIdentity(sys, address, await readConfigSpace(sys, address));
  return alveoIdentity(await readAlveoSerial(sys, address.replace(/.$/, '0')));
}

/** How an Alveo card is told from others; null when its serial number cannot be read. */
export const alveoIdentity = (serial: string | undefined): string | null =>
  serial === undefined ? null : `alveo-${serial}`;
