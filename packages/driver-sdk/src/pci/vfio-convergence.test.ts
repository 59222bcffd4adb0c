import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import { observeMachine, type SeamCall } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import { buildMachine, nvidiaGpu, plainCard, type Simulation } from '../simulator/index.ts';
import { bindVfio } from './bind-vfio.ts';
import { releaseVfio } from './release-vfio.ts';
import { statusVfio } from './vfio-binding.ts';

const gpu = '0000:83:00.0';

let root: string;
let simulation: Simulation;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vfio-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address: gpu })] });
  machine = simulation.machine;
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** How many uses of the seam some work makes on an undisturbed machine. */
async function countCalls(work: (sys: Machine) => Promise<unknown>): Promise<number> {
  let calls = 0;
  const before = (): void => {
    calls += 1;
  };
  await work(observeMachine(machine, { before }));
  return calls;
}

/** The machine with its k-th use failing, before or after it took effect. */
function failingAt(k: number, when: 'before' | 'after'): Machine {
  const fail = ({ index }: SeamCall): void => {
    if (index === k) throw new DriverError('hardware', `injected at ${k}`);
  };
  return observeMachine(machine, { [when]: fail });
}

const bind = (sys: Machine): Promise<unknown> => bindVfio(sys, gpu);
const release = (sys: Machine): Promise<unknown> => releaseVfio(sys, gpu);

const audio = plainCard({
  address: '0000:83:00.1',
  vendor: '10de',
  device: '22bc',
  class: '040300',
  driver: 'snd_hda_intel',
  iommuGroup: 7,
});

describe.each([
  ['a function', [nvidiaGpu({ address: gpu })]],
  ['a function and the sound of its slot', [nvidiaGpu({ address: gpu, iommuGroup: 7 }), audio]],
])('binding and releasing %s', (_case, cards) => {
  beforeEach(() => {
    rmSync(root, { recursive: true });
    simulation = buildMachine({ root, cards });
    machine = simulation.machine;
  });

  it('leaves the machine as it was', async () => {
    const before = simulation.snapshot();
    const { path, group } = await bindVfio(machine, gpu);
    expect(path).toBe(`/dev/vfio/${group}`);
    expect(await machine.list('/dev/vfio')).toEqual([`${group}`, 'vfio']);
    expect(await statusVfio(machine, gpu)).toBe('attached');
    await release(machine);
    expect(await statusVfio(machine, gpu)).toBe('detached');
    expect(simulation.snapshot()).toEqual(before);
  });

  it('writes nothing when asked for what already is', async () => {
    const writes: SeamCall[] = [];
    const observed = observeMachine(machine, {
      before: (call) => void (call.verb === 'write' && writes.push(call)),
    });
    await release(observed);
    expect(writes).toEqual([]);
    await bind(machine);
    const first = await bind(observed);
    expect(await bind(observed)).toEqual(first);
    expect(writes).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'comes to the same end after a failure %s any use of the seam in bind',
    { timeout: 120_000 },
    async (when) => {
      const detached = simulation.snapshot();
      const calls = await countCalls(bind);
      const attached = simulation.snapshot();
      await release(machine);
      for (let k = 0; k < calls; k += 1) {
        await bind(failingAt(k, when)).catch(() => {});
        await bind(machine);
        expect(simulation.snapshot(), `bind again after ${k}`).toEqual(attached);
        await release(machine);
        await bind(failingAt(k, when)).catch(() => {});
        await release(machine);
        expect(simulation.snapshot(), `release after ${k}`).toEqual(detached);
      }
    },
  );

  it.each(['before', 'after'] as const)(
    'comes to the same end after a failure %s any use of the seam in release',
    { timeout: 120_000 },
    async (when) => {
      const detached = simulation.snapshot();
      await bind(machine);
      const attached = simulation.snapshot();
      const calls = await countCalls(release);
      for (let k = 0; k < calls; k += 1) {
        await bind(machine);
        await release(failingAt(k, when)).catch(() => {});
        await release(machine);
        expect(simulation.snapshot(), `release again after ${k}`).toEqual(detached);
        await bind(machine);
        await release(failingAt(k, when)).catch(() => {});
        await bind(machine);
        expect(simulation.snapshot(), `bind after ${k}`).toEqual(attached);
      }
    },
  );

  it('calls every half-done state partial', async () => {
    const override = `/sys/bus/pci/devices/${gpu}/driver_override`;
    await machine.write(override, 'vfio-pci');
    expect(await statusVfio(machine, gpu)).toBe('partial');
    await bind(machine);
    await machine.write(override, '\n');
    expect(await statusVfio(machine, gpu)).toBe('partial');
    await machine.write(override, 'vfio-pci');
    const node = (await bindVfio(machine, gpu)).path;
    simulation.removeFile(node);
    expect(await statusVfio(machine, gpu)).toBe('partial');
    await bind(machine);
    expect(await statusVfio(machine, gpu)).toBe('attached');
  });

  it('counts a function that was pulled out as released', async () => {
    await bind(machine);
    simulation.unplug(gpu);
    await release(machine);
    expect(await statusVfio(machine, gpu)).toBe('detached');
    const observed = observeMachine(machine, {
      before: ({ verb }) => (verb === 'write' ? simulation.unplug(gpu) : undefined),
    });
    simulation.replug(gpu);
    await bind(machine);
    await release(observed);
  });

  it('gives a card without a driver of its own back unbound', async () => {
    simulation.plug(plainCard({ address: '0000:84:00.0', vendor: '1d55', device: 'a010', class: '120000' }));
    const before = simulation.snapshot();
    await bindVfio(machine, '0000:84:00.0');
    await releaseVfio(machine, '0000:84:00.0');
    expect(simulation.snapshot()).toEqual(before);
  });

  it('waits for a holder to let go', async () => {
    simulation.hold(gpu);
    const binding = bind(machine);
    await expect
      .poll(async () => machine.read(`/sys/bus/pci/devices/${gpu}/driver_override`))
      .toBe('vfio-pci\n');
    expect(await machine.link(`/sys/bus/pci/devices/${gpu}/driver`)).toBe('nvidia');
    simulation.letGo(gpu);
    await binding;
    expect(await statusVfio(machine, gpu)).toBe('attached');
  });
});
