import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildMachine, plainCard, type Simulation, sriovNic } from '../simulator/index.ts';
import { setVfCount } from './set-vf-count.ts';
import { watchPci } from './watch-pci.ts';

const card = (address: string) =>
  plainCard({ address, vendor: '1d55', device: 'a010', class: '120000', driver: 'acme' });

function machine(): Simulation {
  const directory = mkdtempSync(join(tmpdir(), 'watch-pci-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return buildMachine({ root: join(directory, 'root'), cards: [card('0000:05:00.0')] });
}

/** Runs the watch; each pause lets the next event happen, and the end of the events ends the call. */
async function hintsOf(simulation: Simulation, events: readonly (() => unknown)[]): Promise<string[]> {
  const controller = new AbortController();
  const left = [...events];
  const pause = async () => {
    const event = left.shift();
    if (event === undefined) controller.abort(new Error('canceled'));
    await event?.();
  };
  const reasons: string[] = [];
  const { signal } = controller;
  const watch = async () => {
    for await (const { reason } of watchPci({ sys: simulation.machine, signal, pause })) reasons.push(reason);
  };
  await expect(watch()).rejects.toThrow('canceled');
  return reasons;
}

describe('watchPci', () => {
  it('tells what came and what went, and nothing while nothing changes', async () => {
    const simulation = machine();
    expect(
      await hintsOf(simulation, [
        () => {},
        () => simulation.plug(card('0000:06:00.0')),
        () => {},
        () => simulation.unplug('0000:05:00.0'),
        () => simulation.replace('0000:06:00.0', card('0000:07:00.0')),
      ]),
    ).toEqual(['0000:06:00.0 came', '0000:05:00.0 went', '0000:07:00.0 came, 0000:06:00.0 went']);
  });

  it('tells of virtual functions in one line', async () => {
    const simulation = machine();
    simulation.plug(sriovNic({ address: '0000:10:00.0' }));
    const [told = '', ...more] = await hintsOf(simulation, [
      () => setVfCount(simulation.machine, '0000:10:00.0', 6),
    ]);
    expect(told).toMatch(/^0000:10:\S+ 0000:10:\S+ 0000:10:\S+ and 3 more came$/);
    expect(more).toEqual([]);
  });

  it('tells once of a bus that cannot be listed, and once that it can be again', async () => {
    const simulation = machine();
    expect(
      await hintsOf(simulation, [
        () => simulation.failRead('/sys/bus/pci/devices', 'EIO'),
        () => {},
        () => simulation.clearFailures(),
      ]),
    ).toEqual(['/sys/bus/pci/devices cannot be listed', '/sys/bus/pci/devices can be listed']);
  });
});
