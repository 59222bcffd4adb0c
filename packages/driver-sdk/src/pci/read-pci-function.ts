import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import type { PciFunction, PciLink } from './pci-function.ts';
import { orAbsent, readAttribute } from './read-attribute.ts';
import { functionPath } from './sysfs-paths.ts';

/** What identifies the kind of a function. */
export type PciIds = Pick<
  PciFunction,
  'address' | 'vendor' | 'device' | 'class' | 'subsystemVendor' | 'subsystemDevice'
>;

/** One function with all its facts; undefined when there is none at the address, or it is just going. */
export async function readPciFunction(sys: Machine, address: PciAddress): Promise<PciFunction | undefined> {
  const ids = await readPciIds(sys, address);
  return ids === undefined ? undefined : readPciFacts(sys, ids);
}

/**
 * The ids of a function, in one read where `uevent` has them. Undefined when vendor or class cannot be read: it
 * vanished between the listing and now.
 */
export async function readPciIds(sys: Machine, address: PciAddress): Promise<PciIds | undefined> {
  const uevent = (await readAttribute(sys, `${functionPath(address)}/uevent`)) ?? '';
  const [, code] = /^PCI_CLASS=([0-9A-F]{1,6})$/m.exec(uevent) ?? [];
  const [, vendor, device] = /^PCI_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(uevent) ?? [];
  const [, subsystemVendor = '0', subsystemDevice = '0'] =
    /^PCI_SUBSYS_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(uevent) ?? [];
  if (code === undefined || vendor === undefined || device === undefined) return readIdFiles(sys, address);
  return {
    address,
    vendor: hex(vendor, 4),
    device: hex(device, 4),
    class: hex(code, 6),
    subsystemVendor: hex(subsystemVendor, 4),
    subsystemDevice: hex(subsystemDevice, 4),
  };
}

async function readIdFiles(sys: Machine, address: PciAddress): Promise<PciIds | undefined> {
  const read = async (name: string, digits: number): Promise<string | undefined> => {
    const text = await readAttribute(sys, `${functionPath(address)}/${name}`);
    return text !== undefined && /^0x[0-9a-f]+$/i.test(text) ? hex(text.slice(2), digits) : undefined;
  };
  const vendor = await read('vendor', 4);
  const device = await read('device', 4);
  const code = await read('class', 6);
  if (vendor === undefined || device === undefined || code === undefined) return undefined;
  return {
    address,
    vendor,
    device,
    class: code,
    subsystemVendor: (await read('subsystem_vendor', 4)) ?? '0000',
    subsystemDevice: (await read('subsystem_device', 4)) ?? '0000',
  };
}

/**
 * The facts of a function whose ids are known. Undefined when it has gone meanwhile, and when it cannot be said
 * whether it is a virtual one: taken for a physical one it would be given out as a card of its own.
 */
export async function readPciFacts(sys: Machine, ids: PciIds): Promise<PciFunction | undefined> {
  const directory = functionPath(ids.address);
  const names = await readNames(sys, directory);
  const physfn = await readPhysicalFunction(sys, directory, names);
  if (names === 'gone' || physfn === 'unknown') return undefined;
  const link = async (name: string): Promise<string | undefined> =>
    mayHave(names, name) ? orAbsent(() => sys.link(`${directory}/${name}`)) : undefined;
  const sriov = mayHave(names, 'sriov_totalvfs') ? await readSriov(sys, directory) : undefined;
  return {
    ...ids,
    revision: (await readAttribute(sys, `${directory}/revision`))?.replace(/^0x/, ''),
    driver: await link('driver'),
    numaNode: wholeNumber(await readAttribute(sys, `${directory}/numa_node`)) ?? null,
    iommuGroup: wholeNumber(await link('iommu_group')),
    physfn,
    virtfns: await readVirtualFunctions(virtualNames(names, sriov?.numVfs ?? 0), link),
    sriov,
    link:
      mayHave(names, 'max_link_speed') && physfn === undefined ? await readLink(sys, directory) : undefined,
    parent: parentOf(await orAbsent(() => sys.resolve(directory))),
  };
}

/** The names in a function's directory; where they are not told, each is tried. */
type Names = ReadonlySet<string> | 'unlisted' | 'gone';

const mayHave = (names: Names, name: string): boolean => typeof names === 'string' || names.has(name);

async function readNames(sys: Machine, directory: string): Promise<Names> {
  const listed = await orAbsent(() => sys.list(directory));
  // Every function has a class: without it this is no listing of its directory.
  if (listed?.includes('class')) return new Set(listed);
  return (await readAttribute(sys, `${directory}/class`)) === undefined ? 'gone' : 'unlisted';
}

async function readPhysicalFunction(
  sys: Machine,
  directory: string,
  names: Names,
): Promise<PciAddress | undefined | 'unknown'> {
  if (!mayHave(names, 'physfn')) return undefined;
  const link = await orAbsent(async () => ({ target: await sys.link(`${directory}/physfn`) }));
  if (link !== undefined && link.target === undefined && names === 'unlisted') return undefined;
  return parsePciAddress(link?.target ?? '') ?? 'unknown';
}

function virtualNames(names: Names, count: number): string[] {
  if (typeof names === 'string') return Array.from({ length: count }, (_, at) => `virtfn${at}`);
  return [...names]
    .filter((name) => /^virtfn\d+$/.test(name))
    .sort((left, right) => Number(left.slice(6)) - Number(right.slice(6)));
}

async function readVirtualFunctions(
  names: readonly string[],
  link: (name: string) => Promise<string | undefined>,
): Promise<PciAddress[]> {
  const addresses: PciAddress[] = [];
  for (const name of names) {
    const address = parsePciAddress((await link(name)) ?? '');
    if (address !== undefined) addresses.push(address);
  }
  return addresses;
}

async function readSriov(sys: Machine, directory: string): Promise<PciFunction['sriov']> {
  const totalVfs = wholeNumber(await readAttribute(sys, `${directory}/sriov_totalvfs`));
  const numVfs = wholeNumber(await readAttribute(sys, `${directory}/sriov_numvfs`));
  return totalVfs === undefined ? undefined : { totalVfs, numVfs: numVfs ?? 0 };
}

async function readLink(sys: Machine, directory: string): Promise<PciLink | undefined> {
  const read = async (name: string): Promise<number | undefined> => {
    const text = await readAttribute(sys, `${directory}/${name}`);
    const value = Number.parseFloat(text ?? '');
    // 63 lanes are what a link register of all ones reads as.
    return value > 0 && !(name.endsWith('width') && value === 63) ? value : undefined;
  };
  const link = {
    speed: await read('current_link_speed'),
    maxSpeed: await read('max_link_speed'),
    width: await read('current_link_width'),
    maxWidth: await read('max_link_width'),
  };
  return Object.values(link).some((value) => value !== undefined) ? link : undefined;
}

/** The last function above in `/sys/devices/pci0000:80/0000:80:01.0/0000:83:00.0`. */
function parentOf(directory: string | undefined): PciAddress | undefined {
  return directory === undefined ? undefined : parsePciAddress(directory.split('/').at(-2) ?? '');
}

const hex = (digits: string, length: number): string => digits.toLowerCase().padStart(length, '0');

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
