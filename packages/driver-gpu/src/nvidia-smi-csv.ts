import { type PciAddress, parsePciAddress } from '@cyborgjs/core';

/** What `nvidia-smi --query-gpu` printed. */
export interface SmiTable {
  /** One record per GPU, by field name without unit; null where the tool had no value. */
  readonly rows: readonly SmiRow[];
  /** Addresses of GPUs that it could not open. */
  readonly lost: readonly PciAddress[];
}

export interface SmiRow {
  readonly values: Readonly<Record<string, string | null>>;
  /** Values that are signs of sickness: `GPU requires reset`, `Unknown Error`. */
  readonly signs: readonly string[];
}

/** How nvidia-smi writes that it has no value, without the brackets that some outputs put around them. */
const missingMarkers: ReadonlySet<string> = new Set([
  '',
  'N/A',
  'Not Supported',
  'Requested functionality has been deprecated',
  'Unknown Error',
  'Insufficient Permissions',
  'GPU requires reset',
  'ERR!',
]);

const sickMarkers: ReadonlySet<string> = new Set(['Unknown Error', 'GPU requires reset']);

/**
 * Reads the CSV of `nvidia-smi --query-gpu=… --format=csv`: a header of `field` or `field [unit]`, cells separated
 * by comma and space, units left in the values. Anything else in the text is skipped, for the tool prints its
 * errors between the rows (nvidia-smi(1); formats seen with drivers 470 to 595).
 */
export function parseSmiCsv(text: string): SmiTable {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const headerAt = lines.findIndex((line) => line.startsWith('index, '));
  const fields = (lines[headerAt] ?? '').split(', ').map((field) => field.replace(/ \[.*\]$/, ''));
  const rows = (headerAt < 0 ? [] : lines.slice(headerAt + 1))
    .map((line) => line.split(', '))
    .filter((cells) => cells.length === fields.length && /^\d+$/.test(cells[0] ?? ''))
    .map((cells) => readRow(fields, cells));
  return { rows, lost: lostGpus(text) };
}

function readRow(fields: readonly string[], cells: readonly string[]): SmiRow {
  const values: Record<string, string | null> = {};
  const signs = new Set<string>();
  for (const [index, field] of fields.entries()) {
    const bare = (cells[index] ?? '').replace(/^\[(.*)\]$/, '$1').trim();
    if (sickMarkers.has(bare)) signs.add(bare);
    values[field] = missingMarkers.has(bare) ? null : bare;
  }
  return { values, signs: [...signs] };
}

/** `Unable to determine the device handle for GPU0000:83:00.0: Unknown Error`, with or without a space. */
function lostGpus(text: string): PciAddress[] {
  const matches = text.matchAll(/device handle for GPU\s*([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])/gi);
  return [...matches]
    .map(([, address = '']) => parsePciAddress(address))
    .filter((address) => address !== undefined);
}
