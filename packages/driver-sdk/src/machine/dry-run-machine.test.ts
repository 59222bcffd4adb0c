import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { bindVfio } from '../pci/bind-vfio.ts';
import { releaseVfio } from '../pci/release-vfio.ts';
import { buildMachine, nvidiaGpu, type Simulation } from '../simulator/index.ts';
import { dryRunMachine, type PlannedStep } from './dry-run-machine.ts';
import { observeMachine } from './observe-machine.ts';

const gpu = '0000:83:00.0';

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dry-run-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address: gpu })] });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What some work plans in a dry run, and what it then really does. */
async function planAndDo(
  work: (sys: Machine) => Promise<unknown>,
): Promise<[planned: unknown, done: unknown]> {
  const before = simulation.snapshot();
  const { machine, plan } = dryRunMachine(simulation.machine);
  await work(machine);
  expect(simulation.snapshot()).toEqual(before);
  const done: PlannedStep[] = [];
  const observed = observeMachine(simulation.machine, {
    before: (call) => {
      if (call.verb === 'write') done.push({ verb: 'write', path: call.path, text: call.text });
    },
  });
  await work(observed);
  return [plan, done];
}

describe('a dry run', () => {
  it('plans exactly what binding and releasing then do, and changes nothing', async () => {
    const [bindPlan, bindDone] = await planAndDo((sys) => bindVfio(sys, gpu));
    expect(bindPlan).toEqual(bindDone);
    expect(bindPlan).toHaveLength(3);
    const [releasePlan, releaseDone] = await planAndDo((sys) => releaseVfio(sys, gpu));
    expect(releasePlan).toEqual(releaseDone);
    expect(releasePlan).toHaveLength(3);
  });

  it('reads back what was written, by whatever path', async () => {
    const { machine } = dryRunMachine(simulation.machine);
    await machine.write(`/sys/bus/pci/devices/${gpu}/numa_node`, '1');
    const real = (await machine.resolve(`/sys/bus/pci/devices/${gpu}`)) ?? '';
    expect(await machine.read(`${real}/numa_node`)).toBe('1\n');
    expect(await machine.read(`${real}/vendor`)).toBe('0x10de\n');
  });

  it('plans tools without running them', async () => {
    const { machine, plan } = dryRunMachine(simulation.machine);
    expect(await machine.run('/usr/bin/flash', ['-f', 'image'])).toEqual({ code: 0, out: '', err: '' });
    expect(plan).toEqual([{ verb: 'run', tool: '/usr/bin/flash', args: ['-f', 'image'] }]);
  });

  it('refuses what the machine would refuse at once', async () => {
    const { machine, plan } = dryRunMachine(simulation.machine);
    await expect(machine.write(`/sys/bus/pci/devices/${gpu}/reset`, '')).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(plan).toEqual([]);
  });
});
