import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Clock, clockLookMs, systemClock } from '../clock.ts';
import { pauseCall } from '../pause-call.ts';
import { controlDirectory } from './tree/change-tree.ts';
import { withTreeLock } from './tree/tree-lock.ts';

/** How far a machine's clock is ahead of the real one, in milliseconds. */
const ClockFile = z.object({ aheadMs: z.number() });

/** Path of what is kept of the clock, below the root of a simulated machine. */
export const clockFile = `${controlDirectory}/clock.json`;

/**
 * The clock of a simulated machine: it goes like the real one, and whoever has a hand on the machine can move it. How
 * far it was moved lies in the tree, so that every process on the machine has the same time.
 */
export function createSimulatedClock(root: string): Clock {
  const aheadMs = watchAhead(root);
  const now = (): number => systemClock.now() + aheadMs();
  return {
    now,
    async pause(ms, signal) {
      for (const until = now() + ms; ; ) {
        signal.throwIfAborted();
        const left = until - now();
        if (left <= 0) return;
        await pauseCall(Math.min(left, clockLookMs), signal);
      }
    },
  };
}

/** Moves the clock of a simulated machine, back where it is negative. */
export function advanceClock(root: string, ms: number): void {
  withTreeLock(root + controlDirectory, () => {
    const file = root + clockFile;
    writeFileSync(`${file}.new`, JSON.stringify({ aheadMs: readAhead(file) + ms }));
    renameSync(`${file}.new`, file);
  });
}

/** Reads it again only where it was moved since. */
function watchAhead(root: string): () => number {
  const file = root + clockFile;
  let aheadMs = 0;
  let seen = '';
  return () => {
    const stat = statSync(file, { throwIfNoEntry: false });
    const now = stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (now !== seen) aheadMs = readAhead(file);
    seen = now;
    return aheadMs;
  };
}

function readAhead(file: string): number {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return 0;
  return ClockFile.parse(JSON.parse(readFileSync(file, 'utf8'))).aheadMs;
}
