import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CyborgError } from '@cyborgjs/core';
import writeFileAtomic, { type Options as WriteFileAtomicOptions } from 'write-file-atomic';
import { Document, isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

const AllowedDriverEntry = z.strictObject({
  /** Name of the npm package. */
  package: z.string().min(1),
  /** The very version that may run. */
  version: z.string().min(1),
  /** Of the package's tarball, as npm writes it: `sha512-` and Base64. */
  integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
  /** Where it came from: what `driver add` was given. */
  source: z.string(),
  /** Directory of its installation, below the driver directory. */
  directory: z.string().regex(/^installed\/[\w.@%~-]+$/),
  /** SHA-256 of `files.sha256` in that directory, which has the hash of every file. */
  files: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  enabled: z.boolean().default(true),
  /** The operator's settings for it. */
  config: z.record(z.string(), z.unknown()).default({}),
  addedAt: z.iso.datetime(),
  addedBy: z.string(),
});

const DriverListFile = z.strictObject({
  drivers: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), AllowedDriverEntry).default({}),
});

/** A driver that the operator has admitted, as `drivers.yaml` says; the key there is its id. */
export type AllowedDriver = z.output<typeof AllowedDriverEntry> & { readonly id: string };

/** Name of the allow-list in a driver directory. */
export const driverListFile = 'drivers.yaml';

/**
 * The drivers that an operator has admitted; none when there is no list. Throws `config.unreadable`, or
 * `config.invalid` that names each place in the file.
 */
export function readDriverList(directory: string): AllowedDriver[] {
  return allowedDrivers(openList(directory));
}

/**
 * Changes the list in one step: a reader sees it before or after, also when this process is killed. What an
 * operator wrote into it, comments too, stays.
 *
 * @param change is given the map of entries by driver id
 */
export async function editDriverList(
  directory: string,
  change: (drivers: DriverEntries) => void,
): Promise<void> {
  const opened = openList(directory);
  allowedDrivers(opened);
  const { document, file } = opened;
  if (!isMap(document.get('drivers'))) document.set('drivers', document.createNode({}));
  change({
    set: (id, entry) => document.setIn(['drivers', id], document.createNode(entry)),
    setEnabled: (id, enabled) => document.setIn(['drivers', id, 'enabled'], enabled),
    delete: (id) => document.deleteIn(['drivers', id]),
  });
  allowedDrivers(opened);
  await writeFileAtomic(file, document.toString({ lineWidth: 0 }), accessFor(directory));
}

/** Settings may hold secrets. Written by root, the list is still read by the user whose state directory it is in. */
function accessFor(directory: string): WriteFileAtomicOptions {
  if (process.geteuid?.() !== 0) return { mode: 0o600 };
  return { mode: 0o640, chown: { uid: 0, gid: statSync(dirname(directory)).gid } };
}

/** What can be done to the entries of the list. */
export interface DriverEntries {
  set(id: string, entry: z.input<typeof AllowedDriverEntry>): void;
  setEnabled(id: string, enabled: boolean): void;
  delete(id: string): void;
}

interface OpenList {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

const heading = ` The drivers that may run here, kept by "cyborgd driver add" and "remove". You may change "enabled" and "config":
 tell a running cyborgd with "cyborgd driver reload".`;

function openList(directory: string): OpenList {
  const file = join(directory, driverListFile);
  const lines = new LineCounter();
  const text = readText(file);
  if (text === undefined) {
    const document = new Document({ drivers: {} });
    document.commentBefore = heading;
    return { file, document, lines };
  }
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalidList([`${file}: ${fault.message}`]);
  return { file, document: document as unknown as Document, lines };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CyborgError('config.unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

function allowedDrivers(opened: OpenList): AllowedDriver[] {
  const { file, document } = opened;
  const parsed = DriverListFile.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    const places = parsed.error.issues.map(
      ({ path, message }) => `${file}${lineOf(opened, path)}: ${path.join('.') || '(top level)'}: ${message}`,
    );
    throw invalidList(places);
  }
  return Object.entries(parsed.data.drivers).map(([id, entry]) => ({ id, ...entry }));
}

/** `:` and the line of what stands nearest to a place; nothing in a list that was just made. */
function lineOf({ document, lines }: OpenList, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range) return `:${lines.linePos(node.range[0]).line}`;
  }
  return '';
}

const invalidList = (problems: readonly string[]): CyborgError =>
  new CyborgError('config.invalid', problems.join('\n'), { details: { problems } });
