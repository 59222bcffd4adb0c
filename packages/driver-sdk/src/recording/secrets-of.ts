import { deviceSerialNumber, vpdSerialNumber } from '../pci/card-identity.ts';
import type { Recording } from './recording.ts';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const mac = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi;
/** In what tools print: numbers too long to be a measurement, and what follows the word. */
const longNumber = /\b\d{13,}\b/g;
const toldSerial = /serial(?: ?(?:number|no))?[^\S\n]*[:=][^\S\n]*(?<value>[\w.-]{4,64})/gi;
/** Elements of what tools print as XML: `<serial>`, `<chassis_serial_number>`, `<gpu_fabric_guid>`, `<pdi>`. */
const identifyingElement =
  /<(?<name>(?:\w+_)?(?:serial|serial_number|guid|pdi|hostname))>(?:0x)?(?<value>[^<]{4,64})<\/\k<name>>/gi;
/** Files whose whole content identifies a piece of hardware or a machine. */
const identifyingFile = /(^|_)(serial|serial_number|unique_id|uuid|guid|asset_tag|machine-id|hostname)$/;

/**
 * The words in a recording that tell one machine from all others: serial numbers, UUIDs, MAC addresses, and the
 * identities that the driver made of them. Lower case, longest first.
 *
 * @param known identities of the devices and names of the machine
 */
export function secretsOf(
  { paths, runs, invokes = [] }: Pick<Recording, 'paths' | 'runs' | 'invokes'>,
  known: readonly string[],
): string[] {
  const found = new Set<string>();
  const add = (text: string): boolean => {
    if (isTelling(text)) found.add(text.toLowerCase());
    return isTelling(text);
  };
  const scan = (text: string): void => {
    for (const pattern of [uuid, mac]) for (const [match] of text.matchAll(pattern)) add(match);
  };
  for (const [path, { read, readBytes, list, link, resolve }] of Object.entries(paths)) {
    for (const text of [path, read, link, resolve, list].flat()) if (typeof text === 'string') scan(text);
    if (typeof read === 'string' && identifyingFile.test(path.slice(path.lastIndexOf('/') + 1)))
      add(read.trim());
    if (typeof readBytes === 'string') for (const serial of serialsIn(readBytes)) add(serial);
  }
  for (const { args, result } of runs) {
    const printed = 'errno' in result ? [] : [result.out, result.err];
    for (const text of [...args, ...printed]) {
      scan(text);
      for (const [match] of text.matchAll(longNumber)) add(match);
      for (const pattern of [toldSerial, identifyingElement])
        for (const { groups } of text.matchAll(pattern)) add(groups?.value ?? '');
    }
  }
  for (const { argument, result } of invokes)
    for (const text of textsIn([argument, 'value' in result ? result.value : null])) {
      scan(text);
      for (const [match] of text.matchAll(longNumber)) add(match);
    }
  for (const text of known) {
    scan(text);
    // Of `GPU-8c6b2f4e-…` only the number tells; what is around it says what kind of number it is.
    const telling = [...text.matchAll(/[0-9a-z]{6,}/gi)].filter(([word]) => add(word));
    if (telling.length === 0) add(text);
  }
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** Zeros, ones and words that every machine has do not tell it from another. */
const isTelling = (text: string): boolean =>
  text.length >= 4 && /\d/.test(text) && new Set(text.toLowerCase().replace(/[^0-9a-z]/g, '')).size > 2;

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(textsIn) : [];
}

function serialsIn(base64: string): string[] {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return [deviceSerialNumber(bytes), vpdSerialNumber(bytes)].filter((serial) => serial !== undefined);
}
