import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Something in the directory of an installed driver. */
export interface PackageEntry {
  /** Below the directory, with slashes; empty for the directory itself. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly uid: number;
  readonly mode: number;
  /** Where a link leads, as it is written; empty for anything else. */
  readonly target: string;
}

/** Name of the list of hashes, which is not in the list itself. */
export const fileListName = 'files.sha256';

/** Everything in a directory, the directory itself first; links are not followed. */
export async function listEntries(directory: string, path = ''): Promise<PackageEntry[]> {
  const place = join(directory, path);
  const { uid, mode } = await lstat(place);
  const own = { path, kind: 'directory', uid, mode, target: '' } as const;
  const names = await readdir(place, { withFileTypes: true });
  const inner: PackageEntry[] = [];
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) inner.push(...(await listEntries(directory, below)));
    else inner.push(await entryOf(directory, below));
  }
  return [own, ...inner];
}

async function entryOf(directory: string, path: string): Promise<PackageEntry> {
  const place = join(directory, path);
  const stats = await lstat(place);
  const isLink = stats.isSymbolicLink();
  const target = isLink ? await readlink(place) : '';
  const kind = isLink ? 'link' : stats.isFile() ? 'file' : 'other';
  return { path, kind, uid: stats.uid, mode: stats.mode, target };
}

/** SHA-256 of files by their path, hexadecimal. */
export async function hashFiles(directory: string, paths: readonly string[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const path of paths) hashes.set(path, sha256(await readFile(join(directory, path))));
  return hashes;
}

/** SHA-256, hexadecimal. */
export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** The list as `sha256sum` writes it, so that `sha256sum -c files.sha256` checks it too. */
export function formatFileList(hashes: ReadonlyMap<string, string>): string {
  return [...hashes].map(([path, hash]) => `${hash}  ${path}\n`).join('');
}

/** Hashes by path of a list that `formatFileList` made. */
export function parseFileList(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}
