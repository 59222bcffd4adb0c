import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { simulationFile } from './simulation-state.ts';
import { toolsFile } from './tools/run-simulated-tool.ts';
import { controlDirectory, settleTree } from './tree/change-tree.ts';
import type { TreeChanges, TreeEntry } from './tree/tree-draft.ts';

const ownFiles: readonly string[] = [controlDirectory, simulationFile, toolsFile];

/**
 * Everything below a simulated machine's root that a driver could see, by path: a file's text, a link's target
 * after `-> `, or `/` for a directory.
 */
export function snapshotTree(root: string): Readonly<Record<string, string>> {
  settleTree(root);
  const seen: Record<string, string> = {};
  const walk = (directory: string): void => {
    for (const entry of readdirSync(`${root}${directory}/`, { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`;
      if (ownFiles.includes(path)) continue;
      if (entry.isSymbolicLink()) seen[path] = `-> ${readlinkSync(root + path)}`;
      else if (entry.isDirectory()) seen[path] = '/';
      else seen[path] = readFileSync(root + path, 'latin1');
      if (entry.isDirectory()) walk(path);
    }
  };
  walk('');
  return seen;
}

/** A snapshot after changes, without looking at the disk: what `snapshotTree` would then say. */
export function snapshotAfter(
  before: ReadonlyMap<string, string>,
  { removed, entries }: TreeChanges,
): Map<string, string> {
  const seen = new Map(before);
  for (const path of removed) {
    if (!seen.delete(path)) continue;
    for (const below of seen.keys()) if (below.startsWith(`${path}/`)) seen.delete(below);
  }
  for (const [path, entry] of entries) {
    if (ownFiles.includes(path)) continue;
    for (let at = posix.dirname(path); at !== '/' && !seen.has(at); at = posix.dirname(at)) seen.set(at, '/');
    seen.set(path, contentOf(path, entry));
  }
  return seen;
}

function contentOf(path: string, entry: TreeEntry): string {
  if (entry.kind === 'directory') return '/';
  if (entry.kind === 'link') return `-> ${posix.relative(posix.dirname(path), entry.to)}`;
  return entry.binary === true ? entry.text : Buffer.from(entry.text).toString('latin1');
}
