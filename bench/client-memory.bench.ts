import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startPlacementDouble } from '@cyborgjs/placement-client/testing';
import type { Bench } from './bench.ts';

const requests = 100_000;

/** The best line through points, as its rise for each step to the right. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const rise = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return rise / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

/** A client in a process of its own, so that its heap is nobody else's; prints a line of samples. */
async function heapSamples(url: string): Promise<[request: number, mib: number][]> {
  const script = join(import.meta.dirname, 'client-memory-client.ts');
  const child = spawn(process.execPath, ['--expose-gc', script, url, String(requests)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout));
}

/** What stays on the heap after a collection, while the requests go on: reads, writes, refusals, syncs. */
export const bench: Bench = {
  what: `growth of the heap of a Placement client over ${requests} requests`,
  unit: 'MiB',
  samples: 1,
  limit: { atMost: 1 },
  async measure() {
    const double = await startPlacementDouble();
    const samples = await heapSamples(double.url);
    await double.close();
    console.error(`  after each tenth: ${samples.map(([, mib]) => mib.toFixed(2)).join(', ')} MiB`);
    // The first tenth warms up: code is compiled, connections are made.
    return slopeOf(samples.slice(1)) * requests;
  },
};
