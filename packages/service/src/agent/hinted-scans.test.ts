import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentDriver } from './agent-driver.ts';
import { createHintedScans } from './hinted-scans.ts';

/** Hinted scans on a clock that is moved by hand; `events` tells pauses and scans in their order. */
function bench() {
  const events: string[] = [];
  const sleepers: (() => void)[] = [];
  const stopped = new AbortController();
  onTestFinished(() => stopped.abort());
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      events.push(`pause ${ms}`);
      sleepers.push(resolve);
    });
  const scan = async ({ id }: AgentDriver) => events.push(`scan ${id}`);
  const { hint } = createHintedScans({ scan, pause, signal: stopped.signal });
  const wake = async () => {
    for (const resolve of sleepers.splice(0)) resolve();
    await delay(0);
  };
  return { events, hint, wake, stop: () => stopped.abort() };
}

const driver = (id: string) => ({ id }) as AgentDriver;
const [gpu, fpga] = [driver('gpu'), driver('fpga')];

describe('hints', () => {
  it('that come together lead to one scan', async () => {
    const { events, hint, wake } = bench();
    for (let time = 0; time < 100; time++) hint(gpu);
    await wake();
    await wake();
    await wake();
    expect(events).toEqual(['pause 250', 'scan gpu', 'pause 1000']);
  });

  it('that come during a scan, or soon after, are not lost and not rushed', async () => {
    const { events, hint, wake } = bench();
    hint(gpu);
    await wake();
    hint(gpu);
    hint(gpu);
    expect(events).toEqual(['pause 250', 'scan gpu', 'pause 1000']);
    await wake();
    await wake();
    expect(events.slice(3)).toEqual(['pause 250', 'scan gpu', 'pause 1000']);
  });

  it('that are urgent lead to a scan at once, and then rest as any', async () => {
    const { events, hint, wake } = bench();
    hint(gpu, { urgent: true });
    await wake();
    expect(events).toEqual(['scan gpu', 'pause 1000']);
    hint(gpu, { urgent: true });
    hint(gpu);
    await wake();
    expect(events.slice(2)).toEqual(['scan gpu', 'pause 1000']);
    hint(gpu);
    await wake();
    expect(events.slice(4)).toEqual(['pause 250']);
  });

  it('of one driver keep no other waiting', async () => {
    const { events, hint, wake } = bench();
    hint(gpu);
    await wake();
    hint(fpga);
    await wake();
    expect(events).toContain('scan fpga');
  });

  it('lead to nothing once the agent stops', async () => {
    const { events, hint, wake, stop } = bench();
    hint(gpu);
    stop();
    await wake();
    expect(events).toEqual(['pause 250']);
  });
});
