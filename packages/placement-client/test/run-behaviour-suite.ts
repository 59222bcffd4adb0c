import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { declareOn, type PlacementPeer, type StartedPeer } from './placement-peers.ts';

/** Runs every suite that is about a Placement on one started peer, in this test file. Gives how many there are. */
export async function runBehaviourSuite(peer: PlacementPeer): Promise<number> {
  let started: Promise<StartedPeer> | undefined;
  const start = async () => {
    started ??= peer.start();
    return { ...(await started), close: async () => {} };
  };
  afterAll(async () => (await started)?.close());
  const source = join(import.meta.dirname, '../src');
  return declareOn([{ ...peer, start }], async () => {
    for await (const file of glob('**/*.test.ts', { cwd: source })) {
      const path = join(source, file);
      if (!readFileSync(path, 'utf8').includes('describeWithPlacement(')) continue;
      // By a name of its own: one that this process has had before would declare nothing again.
      await import(/* @vite-ignore */ `${path}?${encodeURIComponent(peer.name)}`);
    }
  });
}
