import { createHash } from 'node:crypto';
import type { z } from 'zod';

/** What came of reading the text of a record. */
export type OpenedRecord<Value> =
  | { readonly is: 'good'; readonly value: Value; readonly members: unknown }
  /** Whole, but not to be understood here: a later version wrote it. */
  | { readonly is: 'foreign'; readonly reason: string; readonly members: unknown }
  | { readonly is: 'spoilt'; readonly reason: string };

const format = 1;

/**
 * The text of a record, two lines: `cyborg-record 1 sha256:<of the second line>`, and the members as JSON. The sum
 * is over the bytes as they stand, so a member that a reader does not know is no damage.
 */
export function sealRecord(members: unknown): string {
  const body = JSON.stringify(members);
  return `cyborg-record ${format} sha256:${sha256(body)}\n${body}\n`;
}

/** Reads such a text. */
export function openRecord<Schema extends z.ZodObject>(
  text: string,
  schema: Schema,
): OpenedRecord<z.output<Schema>> {
  const [header = '', body = ''] = text.split('\n', 2);
  const { version, sum } =
    /^cyborg-record (?<version>\d+) sha256:(?<sum>[0-9a-f]{64})$/.exec(header)?.groups ?? {};
  if (version === undefined) return { is: 'spoilt', reason: 'its first line is no record header' };
  if (sum !== sha256(body)) return { is: 'spoilt', reason: 'its checksum does not match' };
  if (Number(version) > format)
    return { is: 'foreign', reason: `it is of format ${version}; this version reads ${format}`, members: {} };
  const members: unknown = JSON.parse(body);
  const parsed = schema.safeParse(members);
  if (parsed.success) return { is: 'good', value: parsed.data, members };
  return { is: 'foreign', reason: parsed.error.message, members };
}

/**
 * A key as a file name, and back by `keyOf`. File names end at 255 bytes: a longer one is cut, and told from its
 * like by a sum.
 */
export function fileNameOf(key: string): string {
  const name = encodeURIComponent(key);
  const short = name.length <= longest ? name : `${name.slice(0, longest - 66)}~${sha256(key)}`;
  return `${short}${extension}`;
}

/** The key of a file's name; undefined for a file that is no record. */
export function keyOf(name: string, ending = extension): string | undefined {
  if (!name.endsWith(ending)) return undefined;
  const encoded = name.slice(0, -ending.length);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

const longest = 200;
const extension = '.record';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
