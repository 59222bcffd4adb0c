import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { controlDirectory } from './tree/change-tree.ts';
import { withTreeLock } from './tree/tree-lock.ts';

const byPath = z.record(z.string(), z.string());

/** System calls that are to fail: errno by path. They lie in the tree, so that every process sees them. */
export const SimulatedFaults = z.object({ reads: byPath, writes: byPath });
export type SimulatedFaults = z.output<typeof SimulatedFaults>;

const none: SimulatedFaults = { reads: {}, writes: {} };

const faultsFile = (root: string): string => `${root}${controlDirectory}/faults.json`;

/** The faults of a simulated machine now; reading them again costs little while they stay as they are. */
export function watchFaults(root: string): () => SimulatedFaults {
  let faults = none;
  let seen = '';
  return () => {
    const stat = statSync(faultsFile(root), { throwIfNoEntry: false });
    const now = stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (now !== seen) faults = stat === undefined ? none : readFaults(root);
    seen = now;
    return faults;
  };
}

function readFaults(root: string): SimulatedFaults {
  return SimulatedFaults.parse(JSON.parse(readFileSync(faultsFile(root), 'utf8')));
}

/** Changes the faults of a simulated machine. */
export function changeFaults(root: string, change: (faults: SimulatedFaults) => SimulatedFaults): void {
  withTreeLock(root + controlDirectory, () => {
    const file = faultsFile(root);
    const now = statSync(file, { throwIfNoEntry: false }) === undefined ? none : readFaults(root);
    writeFileSync(`${file}.new`, JSON.stringify(change(now)));
    renameSync(`${file}.new`, file);
  });
}
