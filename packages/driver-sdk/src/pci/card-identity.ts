import type { Machine } from '../machine.ts';
import { orAbsent } from './read-attribute.ts';
import { functionPath } from './sysfs-paths.ts';

/** Bytes of configuration space: what everybody may read, and where the extended capabilities begin. */
const headerLength = 64;
const extendedStart = 0x100;
/** PCIe extended capability that holds the device serial number (PCI Express Base Specification, 7.9.3). */
const serialCapability = 0x0003;
/** Tag of the read-only part of the vital product data (PCI Local Bus Specification 3.0, appendix I). */
const vpdReadOnlyTag = 0x90;

/**
 * An identity for a card that has no better one: its PCIe device serial number, else the serial number in its
 * vital product data, each with the number of the function, since all functions of a card share them. Both need
 * root. Null when there is none or it cannot be read now; the two are never mixed up, so that a card does not
 * change its identity because one of them was silent.
 *
 * @param config the function's configuration space, as it was read just now
 */
export async function readCardIdentity(
  sys: Machine,
  address: string,
  config: Uint8Array | undefined,
): Promise<string | null> {
  if (config === undefined || config.length <= headerLength || !answers(config)) return null;
  const fn = address.slice(-1);
  const serial = deviceSerialNumber(config);
  if (serial !== undefined) return `dsn-${serial}-f${fn}`;
  const vpd = await orAbsent(() => sys.readBytes(`${functionPath(address)}/vpd`));
  const number = vpd === undefined ? undefined : vpdSerialNumber(vpd);
  return number === undefined ? null : `sn-${number}-f${fn}`;
}

/** A function's configuration space: 64 bytes for everybody, all of it for root; undefined when it is silent. */
export function readConfigSpace(sys: Machine, address: string): Promise<Uint8Array | undefined> {
  return orAbsent(() => sys.readBytes(`${functionPath(address)}/config`));
}

/** Whether a function still answers: one that fell off the bus reads all ones. */
export function answers(config: Uint8Array): boolean {
  return config.length >= 4 && !config.subarray(0, 4).every((byte) => byte === 0xff);
}

/**
 * The device serial number in a function's configuration space, 16 hexadecimal digits as lspci prints them
 * without dashes; undefined when it has none, or one that is none (all zeros, all ones).
 */
export function deviceSerialNumber(config: Uint8Array): string | undefined {
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  let at = extendedStart;
  for (let hops = 0; hops < 96 && at >= extendedStart && at + 12 <= view.byteLength; hops += 1) {
    const header = view.getUint32(at, true);
    if (header === 0 || header === 0xffff_ffff) return undefined;
    if ((header & 0xffff) === serialCapability) {
      const serial = view
        .getBigUint64(at + 4, true)
        .toString(16)
        .padStart(16, '0');
      return /^(0+|f+)$/.test(serial) ? undefined : serial;
    }
    at = header >>> 20;
  }
  return undefined;
}

/** The `SN` field of vital product data; undefined when there is none. */
export function vpdSerialNumber(vpd: Uint8Array): string | undefined {
  for (let at = 0; at + 3 <= vpd.length; ) {
    const tag = vpd[at] ?? 0;
    // Small resources carry their length in the tag; the last one ends the list.
    if (tag < 0x80) return undefined;
    const length = (vpd[at + 1] ?? 0) | ((vpd[at + 2] ?? 0) << 8);
    const end = at + 3 + length;
    if (tag === vpdReadOnlyTag) return fieldOf(vpd.subarray(at + 3, end), 'SN');
    at = end;
  }
  return undefined;
}

function fieldOf(fields: Uint8Array, keyword: string): string | undefined {
  for (let at = 0; at + 3 <= fields.length; ) {
    const name = String.fromCharCode(fields[at] ?? 0, fields[at + 1] ?? 0);
    const end = at + 3 + (fields[at + 2] ?? 0);
    if (name === keyword) {
      const text = String.fromCharCode(...fields.subarray(at + 3, end)).trim();
      return /^[\x21-\x7e][\x20-\x7e]{2,63}$/.test(text) ? text : undefined;
    }
    at = end;
  }
  return undefined;
}
