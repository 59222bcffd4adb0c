import { describe, expect, it } from 'vitest';
import { until } from '../../test/host-bench.ts';
import { LivenessWatch } from './liveness-watch.ts';

function watchOf(answers: () => boolean) {
  const seen = { pings: 0, silentMs: 0 };
  const watch = new LivenessWatch({
    everyMs: 20,
    silenceMs: 100,
    ping: () => {
      seen.pings++;
      if (answers()) watch.heard();
    },
    mayBeSilent: () => false,
    onSilent: (silentMs) => {
      seen.silentMs = silentMs;
    },
  });
  watch.start();
  return { watch, seen };
}

describe('a watch over a process', () => {
  it('tells when nothing has come for too long', async () => {
    const { seen } = watchOf(() => false);
    await until(() => seen.silentMs > 100);
  });

  it('does not blame the process for a pause of its own', async () => {
    const { watch, seen } = watchOf(() => true);
    await until(() => seen.pings > 0);
    const end = performance.now() + 400;
    while (performance.now() < end);
    const { pings } = seen;
    await until(() => seen.pings > pings);
    watch.stop();
    expect(seen.silentMs).toBe(0);
  });
});
