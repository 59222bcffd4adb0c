import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import type { TreeChanges, TreeEntry } from './tree-draft.ts';

/**
 * Brings changes to disk. What was there before is replaced in one step each, so that a reader sees a whole
 * attribute, old or new.
 *
 * @param scratch a directory on the same file system, for files on their way
 */
export function applyChanges(root: string, changes: TreeChanges, scratch: string): void {
  for (const path of changes.removed) rmSync(root + path, { recursive: true, force: true });
  const made = new Set<string>();
  for (const [path, entry] of changes.entries) {
    const file = root + path;
    const directory = entry.kind === 'directory' ? file : dirname(file);
    if (!made.has(directory)) mkdirSync(directory, { recursive: true });
    made.add(directory);
    if (entry.kind === 'directory') continue;
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) put(file, path, entry);
    else replace(file, path, { entry, scratch });
  }
}

function replace(
  file: string,
  path: string,
  how: { readonly entry: TreeEntry; readonly scratch: string },
): void {
  if (!existsSync(how.scratch)) mkdirSync(how.scratch, { recursive: true });
  const temporary = `${how.scratch}/${process.pid}`;
  rmSync(temporary, { force: true });
  put(temporary, path, how.entry);
  renameSync(temporary, file);
}

function put(file: string, path: string, entry: TreeEntry): void {
  if (entry.kind === 'file') writeFileSync(file, entry.text, entry.binary === true ? 'latin1' : 'utf8');
  if (entry.kind === 'link') symlinkSync(posix.relative(posix.dirname(path), entry.to), file);
}
