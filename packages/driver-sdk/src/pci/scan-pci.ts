import { parsePciAddress } from '@cyborgjs/core';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import type { PciFunction } from './pci-function.ts';
import { compilePciMatch, type PciMatch } from './pci-match.ts';
import { readAttribute } from './read-attribute.ts';
import { readPciFacts, readPciIds } from './read-pci-function.ts';
import { functionPath, pciDevices } from './sysfs-paths.ts';

export interface ScanOptions {
  /** Which functions; all when it is left out. */
  readonly match?: PciMatch | readonly PciMatch[];
}

/** Reads one attribute of the function at hand, as `readAttribute` does. */
export type AttributeReader = (name: string) => Promise<string | undefined>;

/**
 * The functions on the PCI bus that match, in order of address. One read for each function there is, and about a
 * dozen more for each that matches. A function that vanishes meanwhile is left out, an attribute that does not
 * answer is undefined; that the bus as a whole cannot be listed is thrown, so that it never reads as "no devices".
 * `enrich` makes the driver's own of each, with further attributes of it.
 */
export function scanPci(sys: Machine, options?: ScanOptions): Promise<PciFunction[]>;
export function scanPci<Result>(
  sys: Machine,
  options: ScanOptions,
  enrich: (fn: PciFunction, read: AttributeReader) => Result | Promise<Result>,
): Promise<Result[]>;
export async function scanPci(
  sys: Machine,
  { match = {} }: ScanOptions = {},
  enrich: (fn: PciFunction, read: AttributeReader) => unknown = (fn) => fn,
): Promise<unknown[]> {
  const fits = compilePciMatch(match);
  const found: unknown[] = [];
  for (const name of await listFunctions(sys)) {
    const address = parsePciAddress(name);
    const ids = address === undefined ? undefined : await readPciIds(sys, address);
    if (ids === undefined || !fits(ids)) continue;
    const fn = await readPciFacts(sys, ids);
    if (fn === undefined) continue;
    found.push(
      await enrich(fn, (attribute) => readAttribute(sys, `${functionPath(fn.address)}/${attribute}`)),
    );
  }
  return found;
}

/** A machine without a PCI bus has none of its directories; one that has it has the list. */
async function listFunctions(sys: Machine): Promise<readonly string[]> {
  const names = await sys.list(pciDevices);
  if (names !== undefined) return names;
  const buses = await sys.list('/sys/bus');
  if (buses !== undefined && !buses.includes('pci')) return [];
  throw new DriverError('hardware', `cannot enumerate the PCI bus: there is no ${pciDevices}`, {
    hint: 'Is sysfs mounted on /sys, and visible in the container of the agent?',
  });
}
