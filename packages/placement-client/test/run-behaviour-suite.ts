import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type PlacementPeer, type StartedPeer, usePeers } from './placement-peers.ts';

/** Runs every suite that is about a Placement on one started peer, in this test file. Gives how many there are. */
export async function runBehaviourSuite(peer: PlacementPeer): Promise<number> {
  let started: Promise<StartedPeer> | undefined;
  const start = async () => {
    started ??= peer.start();
    return { ...(await started), close: async () => {} };
  };
  usePeers([{ ...peer, start }]);
  afterAll(async () => (await started)?.close());
  const source = join(import.meta.dirname, '../src');
  let count = 0;
  for await (const file of glob('**/*.test.ts', { cwd: source })) {
    const path = join(source, file);
    if (!readFileSync(path, 'utf8').includes('describeWithPlacement(')) continue;
    await import(/* @vite-ignore */ path);
    count += 1;
  }
  return count;
}
