import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { simulationFile } from './simulation-state.ts';
import { snapshotTree } from './snapshot-tree.ts';
import { toolsFile } from './tools/run-simulated-tool.ts';
import { controlDirectory } from './tree/change-tree.ts';

/** A simulated machine as it was at one moment. */
export interface TreeCopy {
  /** What a driver can see, as `snapshotTree` gives it. */
  readonly seen: Readonly<Record<string, string>>;
  /** What the simulator itself keeps: its files' text by path; undefined where there was none. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

const ownFiles = [simulationFile, toolsFile, `${controlDirectory}/faults.json`];

/** Takes down how a simulated machine is now. */
export function copyTree(root: string): TreeCopy {
  const own = ownFiles.map((path) => [path, readIfThere(root + path)] as const);
  return { seen: snapshotTree(root), own: Object.fromEntries(own) };
}

/**
 * Makes a simulated machine again what it was, by changing only what differs; much faster than building it anew.
 * Nothing may use it meanwhile.
 */
export function restoreTree(root: string, { seen, own }: TreeCopy): void {
  const now = snapshotTree(root);
  const removed = Object.keys(now).filter((path) => now[path] !== seen[path]);
  for (const path of removed) rmSync(root + path, { recursive: true, force: true });
  for (const [path, content] of Object.entries(seen)) if (now[path] !== content) put(root + path, content);
  for (const [path, text] of Object.entries(own)) {
    if (text === undefined) rmSync(root + path, { force: true });
    else if (readIfThere(root + path) !== text) writeFileSync(root + path, text);
  }
}

function put(file: string, content: string): void {
  if (content === '/') mkdirSync(file, { recursive: true });
  else if (content.startsWith('-> ')) symlinkSync(content.slice(3), file);
  else writeFileSync(file, content, 'latin1');
}

const readIfThere = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined;
