import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
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
  return Object.fromEntries(createTreeReader(root)());
}

/** What was read at a path, and by what it can be told from another. */
interface ReadEntry {
  readonly ino: number;
  readonly ctimeMs: number;
  /** Whether a change after it was read must show in its times. */
  readonly isSettled: boolean;
  readonly content: string;
  /** What is in a directory; nothing in all else. */
  readonly names: readonly string[];
}

/**
 * The kernel takes the time of a change from a clock that goes by ticks of at most 10 ms: of two changes within one
 * tick the second does not show. What had changed so shortly before it was read is therefore read again.
 */
const clockStepMs = 20;

/**
 * Takes snapshots of one tree again and again, as `snapshotTree` does. What nobody has changed since the last one
 * costs a look at its times only.
 */
export function createTreeReader(root: string): () => Map<string, string> {
  const known = new Map<string, ReadEntry>();
  const read = (path: string): ReadEntry => {
    const stat = lstatSync(root + path);
    const { ino, ctimeMs } = stat;
    const before = known.get(path);
    if (before?.isSettled === true && before.ctimeMs === ctimeMs && before.ino === ino) return before;
    const isSettled = ctimeMs < Date.now() - clockStepMs;
    const now = { ino, ctimeMs, isSettled, ...readEntry(root + path, stat) };
    known.set(path, now);
    return now;
  };
  return () => {
    settleTree(root);
    const seen = new Map<string, string>();
    const walk = (directory: string, { names }: ReadEntry): void => {
      for (const name of names) {
        const path = `${directory}/${name}`;
        if (ownFiles.includes(path)) continue;
        const entry = read(path);
        seen.set(path, entry.content);
        walk(path, entry);
      }
    };
    walk('', read(''));
    return seen;
  };
}

function readEntry(file: string, stat: Stats): Pick<ReadEntry, 'content' | 'names'> {
  if (stat.isDirectory()) return { content: '/', names: readdirSync(file) };
  if (stat.isSymbolicLink()) return { content: `-> ${readlinkSync(file)}`, names: [] };
  return { content: readFileSync(file, 'latin1'), names: [] };
}

/** A snapshot after changes, without looking at the disk: what `snapshotTree` would then say. */
export function snapshotAfter(
  before: ReadonlyMap<string, string>,
  { removed, entries }: TreeChanges,
): Map<string, string> {
  const seen = new Map(before);
  for (const path of removed) {
    const isDirectory = seen.get(path) === '/';
    seen.delete(path);
    if (!isDirectory) continue;
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
