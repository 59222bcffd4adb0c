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
 * Finds names in the form of pci.ids: `vvvv  Name`, below it `<tab>dddd  Name`, below that subsystems with two tabs;
 * the classes at its end begin with `C `. What is not asked for is not looked at: the list is long.
 */
export function parsePciNames(text: string): PciNames {
  const list = `\n${text}`;
  return {
    vendor: (id) => nameAt(list, list.indexOf(`\n${id}  `), id),
    device: (vendor, id) => deviceIn(list, vendor, id) ?? missing[`${vendor}:${id}`],
  };
}

function deviceIn(list: string, vendor: string, id: string): string | undefined {
  const start = list.indexOf(`\n${vendor}  `);
  const at = start < 0 ? -1 : list.indexOf(`\n\t${id}  `, start);
  if (at < 0) return undefined;
  // Between a vendor and its devices no line begins without a tab, comments aside.
  const between = list.slice(start + 1, at);
  return /\n[^\t#\n]/.test(between) ? undefined : nameAt(list, at, `\t${id}`);
}

function nameAt(list: string, at: number, start: string): string | undefined {
  if (at < 0) return undefined;
  const from = at + start.length + 3;
  const end = list.indexOf('\n', from);
  return list.slice(from, end < 0 ? undefined : end);
}
