import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { clockFile } from './simulated-clock.ts';
import { simulationFile } from './simulation-state.ts';
import { toolsFile } from './tools/run-simulated-tool.ts';
import { controlDirectory } from './tree/change-tree.ts';

/** A simulated machine as it was at one moment. */
export interface TreeCopy {
  /** What a driver can see, as `snapshotTree` gives it. */
  readonly seen: ReadonlyMap<string, string>;
  /** What the simulator itself keeps: its files' text by path; undefined where there was none. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

const ownFiles = [simulationFile, toolsFile, `${controlDirectory}/faults.json`, clockFile];

/** Takes down how a simulated machine is now, of which a snapshot was taken. */
export function copyTree(root: string, seen: ReadonlyMap<string, string>): TreeCopy {
  const own = ownFiles.map((path) => [path, readIfThere(root + path)] as const);
  return { seen, own: Object.fromEntries(own) };
}

/**
 * Makes a simulated machine again what it was, by changing only what differs; much faster than building it anew.
 * Nothing may use it meanwhile.
 *
 * @param now a snapshot of what it is
 */
export function restoreTree(root: string, { seen, own }: TreeCopy, now: ReadonlyMap<string, string>): void {
  for (const [path, content] of now)
    if (content !== seen.get(path)) rmSync(root + path, { recursive: true, force: true });
  for (const [path, content] of seen) if (content !== now.get(path)) put(root + path, content);
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
