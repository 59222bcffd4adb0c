import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
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
  const makeDirectory = (directory: string): void => {
    if (!made.has(directory)) mkdirSync(directory, { recursive: true });
    made.add(directory);
  };
  for (const [path, entry] of changes.entries) {
    const file = root + path;
    if (entry.kind === 'directory') {
      makeDirectory(file);
    } else if (isThere(file)) {
      makeDirectory(scratch);
      replace(file, path, { entry, temporary: `${scratch}/${process.pid}` });
    } else {
      makeDirectory(dirname(file));
      put(file, path, entry);
    }
  }
}

const isThere = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

function replace(
  file: string,
  path: string,
  { entry, temporary }: { readonly entry: TreeEntry; readonly temporary: string },
): void {
  if (isThere(temporary)) unlinkSync(temporary);
  put(temporary, path, entry);
  renameSync(temporary, file);
}

function put(file: string, path: string, entry: TreeEntry): void {
  if (entry.kind === 'file') writeFileSync(file, entry.text, entry.binary === true ? 'latin1' : 'utf8');
  if (entry.kind === 'link') symlinkSync(posix.relative(posix.dirname(path), entry.to), file);
}
