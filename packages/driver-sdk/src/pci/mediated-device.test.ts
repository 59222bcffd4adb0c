import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import { observeMachine, type SeamCall } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import { buildMachine, nvidiaGpu, type Simulation, t4MdevTypes } from '../simulator/index.ts';
import { createMdev } from './create-mdev.ts';
import { listMdevs, readMdev, readMdevTypes } from './mediated-device.ts';
import { removeMdev } from './remove-mdev.ts';

const parent = '0000:3b:00.0';
const uuid = '4b20d080-1b54-4048-85b3-a6a62d165c01';
const wanted = { uuid, parent, type: 'nvidia-231' };
const other = '4b20d080-1b54-4048-85b3-a6a62d165c02';

let root: string;
let simulation: Simulation;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mdev-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: parent, model: 'T4', vgpu: { by: 'mdev', types: t4MdevTypes } })],
  });
  machine = simulation.machine;
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The machine with its k-th use failing, before or after it took effect. */
function failingAt(k: number, when: 'before' | 'after'): Machine {
  const fail = ({ index }: SeamCall): void => {
    if (index === k) throw new DriverError('hardware', `injected at ${k}`);
  };
  return observeMachine(machine, { [when]: fail });
}

/** How many uses of the seam some work makes. */
async function countCalls(work: (sys: Machine) => Promise<unknown>): Promise<number> {
  let calls = 0;
  const before = (): void => {
    calls += 1;
  };
  await work(observeMachine(machine, { before }));
  return calls;
}

describe('mediated devices', () => {
  it('are told of by their types', async () => {
    const types = await readMdevTypes(machine, parent);
    expect(types?.[1]).toEqual({
      id: 'nvidia-231',
      name: 'GRID T4-2Q',
      description: expect.stringContaining('max_instance=8'),
      available: 8,
      deviceApi: 'vfio-pci',
    });
    expect(await readMdevTypes(machine, '0000:99:00.0')).toBeUndefined();
  });

  it('are made by type or by its name, and removed, and leave nothing', async () => {
    const before = simulation.snapshot();
    const made = await createMdev(machine, { ...wanted, type: 'GRID T4-2Q' });
    expect(made).toEqual({ ...wanted, group: made.group, hasNode: true });
    expect(await listMdevs(machine, parent)).toEqual([uuid]);
    await removeMdev(machine, uuid);
    expect(await readMdev(machine, uuid)).toBeUndefined();
    expect(simulation.snapshot()).toEqual(before);
  });

  it('are not written for when they are as wanted', async () => {
    const writes: string[] = [];
    const observed = observeMachine(machine, {
      before: (call) => void (call.verb === 'write' && writes.push(call.path)),
    });
    await removeMdev(observed, uuid);
    await createMdev(machine, wanted);
    expect(await createMdev(observed, wanted)).toMatchObject(wanted);
    expect(writes).toEqual([]);
  });

  it.each(['before', 'after'] as const)('come and go whatever fails %s any use of the seam', async (when) => {
    const absent = simulation.snapshot();
    const toMake = await countCalls((sys) => createMdev(sys, wanted));
    const present = simulation.snapshot();
    const toRemove = await countCalls((sys) => removeMdev(sys, uuid));
    for (let k = 0; k < Math.max(toMake, toRemove); k += 1) {
      await createMdev(failingAt(k, when), wanted).catch(() => {});
      await createMdev(machine, wanted);
      expect(simulation.snapshot(), `made again after ${k}`).toEqual(present);
      await removeMdev(failingAt(k, when), uuid).catch(() => {});
      await removeMdev(machine, uuid);
      expect(simulation.snapshot(), `removed again after ${k}`).toEqual(absent);
    }
  });

  it.each([
    ['no UUID', { uuid: 'NO-UUID' }, 'invalid', /no UUID/],
    ['another parent', { parent: '0000:99:00.0' }, 'not_found', /makes no mediated/],
    ['another type', { type: 'nvidia-999' }, 'not_found', /no type "nvidia-999"/],
    ['a type of which none is left', { type: 'nvidia-234', uuid: other }, 'busy', /no more of nvidia-234/],
    ['the UUID of one of another type', { type: 'nvidia-234' }, 'conflict', /is nvidia-231 of/],
  ] as const)('are refused for %s', async (_case, change, code, message) => {
    await createMdev(machine, wanted);
    const asked = createMdev(machine, { ...wanted, ...change });
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('are gone when their parent is', async () => {
    await createMdev(machine, wanted);
    simulation.unplug(parent);
    await removeMdev(machine, uuid);
    await expect(createMdev(machine, wanted)).rejects.toMatchObject({ code: 'not_found' });
  });
});
