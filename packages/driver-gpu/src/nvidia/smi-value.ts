/** How nvidia-smi writes that it has no value, without the brackets that some outputs put around them. */
const missingMarkers: ReadonlySet<string> = new Set([
  '',
  'N/A',
  'Not Supported',
  'Not Available',
  'Requested functionality has been deprecated',
  'Unknown Error',
  'Unknown',
  'Insufficient Permissions',
  'Function Not Found',
  'GPU is lost',
  'GPU requires reset',
  'ERR!',
]);

const sickMarkers: ReadonlySet<string> = new Set(['Unknown Error', 'GPU requires reset', 'GPU is lost']);

/** A text of nvidia-smi without its brackets; null where it stands for no value. */
export function smiValue(text: string | undefined): string | null {
  const bare = withoutBrackets(text ?? '');
  return missingMarkers.has(bare) ? null : bare;
}

/** The marker in a text that is a sign of sickness: `GPU requires reset`; undefined for any other text. */
export function smiSign(text: string): string | undefined {
  const bare = withoutBrackets(text);
  return sickMarkers.has(bare) ? bare : undefined;
}

const withoutBrackets = (text: string): string =>
  text
    .trim()
    .replace(/^\[(.*)\]$/s, '$1')
    .trim();

/** Factors of the units that nvidia-smi writes, to the units that we keep: bytes, W, C, ratio. */
const factors: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  W: 1,
  C: 1,
  MHz: 1,
  x: 1,
  '%': 0.01,
};

/**
 * A reading as a number: `143771 MiB` in bytes, `77.71 W`, `28 C` or `28`, `35 %` as a ratio, `16x`. Null for no value,
 * for a unit that nobody writes there, and for what is no reading.
 */
export function smiNumber(text: string | null): number | null {
  const [, digits, unit = ''] = /^(-?\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z%]{0,3})$/.exec(text ?? '') ?? [];
  const factor = factors[unit];
  return digits === undefined || factor === undefined ? null : Number(digits) * factor;
}

/** A count; null for anything but a whole number of at most 15 digits. */
export function smiCount(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** `Yes` or `No`, and what the tool writes in place of them elsewhere; null for anything else. */
export function smiFlag(text: string | null): boolean | null {
  if (text === 'Yes' || text === 'Enabled' || text === 'Active') return true;
  return text === 'No' || text === 'Disabled' || text === 'Not Active' ? false : null;
}
