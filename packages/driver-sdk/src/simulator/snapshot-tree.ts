import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { simulationFile } from './simulation-state.ts';
import { toolsFile } from './tools/run-simulated-tool.ts';
import { controlDirectory, settleTree } from './tree/change-tree.ts';

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
