import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildMachine, plainCard, type Simulation, sriovNic } from '../simulator/index.ts';
import { describeHint } from '../watch-hint.ts';
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
async function hintsOf(
  simulation: Simulation,
  events: readonly (() => unknown)[],
  options?: Parameters<typeof watchPci>[1],
): Promise<string[]> {
  const controller = new AbortController();
  const left = [...events];
  const pause = async () => {
    const event = left.shift();
    if (event === undefined) controller.abort(new Error('canceled'));
    await event?.();
  };
  const told: string[] = [];
  const { signal } = controller;
  const watch = async () => {
    for await (const hint of watchPci({ sys: simulation.machine, signal, pause }, options))
      told.push(describeHint(hint));
  };
  await expect(watch()).rejects.toThrow('canceled');
  return told;
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

  it('tells how its own cards answer, each time that changes', async () => {
    const simulation = machine();
    simulation.plug(card('0000:06:00.0'));
    simulation.plug(sriovNic({ address: '0000:10:00.0' }));
    expect(
      await hintsOf(
        simulation,
        [
          () => simulation.fallOff('0000:10:00.0'),
          () => simulation.fallOff('0000:06:00.0'),
          () => {},
          () => simulation.recover('0000:06:00.0'),
        ],
        { match: { vendor: '1d55' } },
      ),
    ).toEqual(['0000:06:00.0 is failed: it no longer answers on the PCI bus', '0000:06:00.0 is ok']);
  });

  it('takes a card by its virtual functions, which do not answer themselves', async () => {
    const simulation = machine();
    const nic = sriovNic({ address: '0000:10:00.0' });
    simulation.plug(nic);
    await setVfCount(simulation.machine, '0000:10:00.0', 2);
    const [virtual = ''] =
      (await simulation.machine.list('/sys/bus/pci/devices'))?.filter(
        (name) => name.startsWith('0000:10:') && name !== '0000:10:00.0',
      ) ?? [];
    expect(
      await hintsOf(simulation, [() => {}, () => simulation.fallOff('0000:10:00.0')], {
        match: { address: virtual },
      }),
    ).toEqual(['0000:10:00.0 is failed: it no longer answers on the PCI bus']);
  });

  it('does not wake a card that sleeps', async () => {
    const simulation = machine();
    const power = '/sys/bus/pci/devices/0000:05:00.0/power/runtime_status';
    simulation.setFile(power, 'suspended\n');
    expect(
      await hintsOf(
        simulation,
        [() => simulation.fallOff('0000:05:00.0'), () => simulation.setFile(power, 'active\n')],
        { match: { vendor: '1d55' } },
      ),
    ).toHaveLength(1);
    simulation.setFile(power, 'suspended\n');
    expect(
      await hintsOf(simulation, [() => simulation.recover('0000:05:00.0'), () => {}], {
        match: { vendor: '1d55' },
      }),
    ).toEqual([]);
  });

  it('is of no consequence for what came and what went when a card is not read', async () => {
    const simulation = machine();
    simulation.failRead('/sys/bus/pci/devices/0000:05:00.0/config', 'EIO');
    expect(
      await hintsOf(
        simulation,
        [() => simulation.plug(card('0000:06:00.0')), () => simulation.clearFailures()],
        {
          match: { vendor: '1d55' },
        },
      ),
    ).toEqual(['0000:06:00.0 came', '0000:05:00.0 is ok']);
  });
});
