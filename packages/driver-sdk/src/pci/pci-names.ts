import type { Machine } from '../machine.ts';
import { orAbsent } from './read-attribute.ts';

/** Names of vendors and devices for people, by four hexadecimal digits each. */
export interface PciNames {
  vendor(vendor: string): string | undefined;
  device(vendor: string, device: string): string | undefined;
}

/** Where distributions put the list (Debian, Fedora). */
const files = ['/usr/share/misc/pci.ids', '/usr/share/hwdata/pci.ids'];

/** What the list does not have (version 2026.08.22). */
const missing: Readonly<Record<string, string>> = {
  '8086:09c4': 'PAC with Intel Arria 10 GX FPGA',
  '8086:09c5': 'PAC with Intel Arria 10 GX FPGA (virtual function)',
  '8086:0b2b': 'FPGA PAC D5005',
  '8086:0b30': 'FPGA PAC N3000',
  '8086:bcbd': 'Intel FPGA (integrated)',
  '8086:bcbf': 'Intel FPGA (integrated, virtual function)',
  '8086:bcc0': 'Intel FPGA (discrete)',
  '8086:bcc1': 'Intel FPGA (discrete, virtual function)',
  '8086:bcce': 'Open FPGA Stack N6000',
  '8086:bccf': 'Open FPGA Stack N6000 (virtual function)',
  '10ee:5001': 'Alveo U200 (user)',
  '10ee:505d': 'Alveo U55C (user)',
  '10ee:500d': 'Alveo U280 (user)',
  '10ee:5021': 'Alveo U50 (user)',
};

/**
 * Reads the machine's list of PCI ids, and adds what it lacks. More than a megabyte: read it once for a run, not
 * for each card. Without a list only the additions are known.
 */
export async function readPciNames(sys: Machine): Promise<PciNames> {
  for (const file of files) {
    const text = await orAbsent(() => sys.read(file));
    if (text !== undefined) return parsePciNames(text);
  }
  return parsePciNames('');
}

/**
 * Reads the form of pci.ids: `vvvv  Name`, below it `<tab>dddd  Name`, below that subsystems with two tabs; the
 * classes at its end begin with `C `.
 */
export function parsePciNames(text: string): PciNames {
  const vendors = new Map<string, string>();
  const devices = new Map<string, string>(Object.entries(missing));
  let vendor: string | undefined;
  for (const line of text.split('\n')) {
    const [, tabs, id = '', name = ''] = /^(\t?)([0-9a-f]{4}) {2}(.+)$/.exec(line) ?? [];
    if (tabs === '') {
      vendor = id;
      vendors.set(id, name);
    } else if (tabs === '\t' && vendor !== undefined) devices.set(`${vendor}:${id}`, name);
    else if (line.startsWith('C ')) vendor = undefined;
  }
  return {
    vendor: (id) => vendors.get(id),
    device: (of, id) => devices.get(`${of}:${id}`),
  };
}
