import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { memoryOf, processTree, startBuiltService, untilAnswered } from './built-service.ts';

/** Long enough for the first scans to be over. */
const settleMs = 5000;

/**
 * What the machine must hold: the daemon and its three driver processes. Memory that they share (Node's own code)
 * is counted once, as Linux's proportional set size does; the plain sum of resident sizes counts it four times.
 */
export const bench: Bench = {
  what: 'idle memory of `cyborgd all` with three drivers, all four processes',
  unit: 'MiB',
  samples: 3,
  limit: { atMost: 220 },
  async measure() {
    const service = startBuiltService(16_668);
    await untilAnswered(`http://127.0.0.1:${service.port}/readyz`, performance.now());
    await delay(settleMs);
    const tree = processTree(service.pid);
    const sum = (figure: 'Pss' | 'Rss') => tree.reduce((total, pid) => total + memoryOf(pid, figure), 0);
    const held = sum('Pss');
    console.error(`  ${tree.length} processes, resident sizes added up ${Math.round(sum('Rss'))} MiB`);
    await service.stop();
    return held;
  },
  baseline: {
    what: 'four bare Node processes',
    async measure() {
      const bare = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' }),
      );
      await delay(1000);
      const held = bare.reduce((total, { pid }) => total + memoryOf(pid as number, 'Pss'), 0);
      for (const child of bare) child.kill();
      return held;
    },
  },
};
