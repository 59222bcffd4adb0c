import * as z from 'zod';

const sysfsForm = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/;

/**
 * The address of one PCI function as sysfs writes it: `dddd:bb:dd.f`, lower-case hexadecimal, a domain of at
 * least four digits (Linux: Documentation/ABI/testing/sysfs-bus-pci).
 */
export const PciAddress = z
  .string()
  .regex(sysfsForm, 'expected a PCI address such as 0000:83:00.0')
  .brand<'PciAddress'>();
export type PciAddress = z.output<typeof PciAddress>;

/** The four parts of an address, hexadecimal digits without `0x`; what Nova reads from an attach handle. */
export interface PciAddressParts {
  readonly domain: string;
  readonly bus: string;
  readonly device: string;
  readonly function: string;
}

/**
 * Reads an address in any form tools print: sysfs (`0000:83:00.0`), lspci without domain (`83:00.0`), NVIDIA
 * (`00000000:83:00.0`, upper case). Undefined when the text is none of these.
 */
export function parsePciAddress(text: string): PciAddress | undefined {
  const lower = text.trim().toLowerCase();
  const full = /^[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(lower) ? `0000:${lower}` : lower;
  const match = sysfsForm.exec(full);
  if (match === null) return undefined;
  const [, domain = '', bus, device, fn] = match;
  const shortDomain = domain.replace(/^0+(?=[0-9a-f]{4})/, '');
  return `${shortDomain}:${bus}:${device}.${fn}` as PciAddress;
}

/** Splits an address into its parts. */
export function pciAddressParts(address: PciAddress): PciAddressParts {
  const [, domain = '', bus = '', device = '', fn = ''] = sysfsForm.exec(address) ?? [];
  return { domain, bus, device, function: fn };
}
