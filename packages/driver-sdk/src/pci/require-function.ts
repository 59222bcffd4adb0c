import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import { DriverError } from '../driver-error.ts';

/** A text as the PCI address that it must be, in sysfs's form; `not_found` when it is none. */
export function requireFunction(text: string): PciAddress {
  const address = parsePciAddress(text);
  if (address !== undefined && address === text) return address;
  throw new DriverError('not_found', `"${text}" is no PCI function of this machine`, {
    hint: 'Functions are named by address, as sysfs does: 0000:83:00.0.',
  });
}
