import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { observeMachine } from '../machine/observe-machine.ts';
import { buildMachine, nvidiaGpu, type Simulation, sriovNic } from '../simulator/index.ts';
import { bindVfio } from './bind-vfio.ts';
import { setVfCount } from './set-vf-count.ts';

const nic = '0000:17:00.0';
const small = '0000:18:00.0';
const gpu = '0000:83:00.0';

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vf-count-'));
  simulation = buildMachine({
    root,
    cards: [
      sriovNic({ address: nic, totalVfs: 8 }),
      sriovNic({ address: small, totalVfs: 8, driverLimit: 2 }),
      nvidiaGpu({ address: gpu }),
    ],
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('comes to any count from any count, and back to where it began', async () => {
  const before = simulation.snapshot();
  for (const count of [3, 8, 1, 0]) {
    const { sriov, virtfns } = await setVfCount(simulation.machine, nic, count);
    expect([sriov?.numVfs, virtfns.length]).toEqual([count, count]);
  }
  expect(simulation.snapshot()).toEqual(before);
});

it('does not write the count that already is', async () => {
  await setVfCount(simulation.machine, nic, 4);
  const machine = observeMachine(simulation.machine, {
    before: ({ verb }) => expect(verb).not.toBe('write'),
  });
  expect((await setVfCount(machine, nic, 4)).virtfns).toHaveLength(4);
});

it('changes nothing while a virtual function is handed out', async () => {
  const { virtfns } = await setVfCount(simulation.machine, nic, 4);
  const [, second = ''] = virtfns;
  await bindVfio(simulation.machine, second);
  const before = simulation.snapshot();
  await expect(setVfCount(simulation.machine, nic, 2)).rejects.toMatchObject({
    code: 'in_use',
    message: expect.stringContaining(second),
  });
  expect(simulation.snapshot()).toEqual(before);
});

it.each([
  [nic, 9, 'invalid'],
  [nic, -1, 'invalid'],
  [nic, 1.5, 'invalid'],
  ['0000:99:00.0', 1, 'not_found'],
  ['0000:17:01.0', 1, 'not_found'],
  [gpu, 4, 'unsupported'],
  [small, 4, 'hardware'],
])('refuses %s with %d virtual functions as %s', async (address, count, code) => {
  await expect(setVfCount(simulation.machine, address, count)).rejects.toMatchObject({ code });
});

it('says unsupported of a virtual function, which has no SR-IOV', async () => {
  const { virtfns } = await setVfCount(simulation.machine, nic, 1);
  await expect(setVfCount(simulation.machine, virtfns[0] ?? '', 1)).rejects.toMatchObject({
    code: 'unsupported',
  });
});

it('comes to the same end after a failure at any use of the seam', async () => {
  const directory = join(root, 'small');
  const alone = buildMachine({
    root: directory,
    cards: [sriovNic({ address: nic, totalVfs: 2, numVfs: 1 })],
  });
  const one = alone.snapshot();
  await setVfCount(alone.machine, nic, 2);
  const two = alone.snapshot();
  await setVfCount(alone.machine, nic, 1);
  for (let k = 0, ended = false; !ended; k += 1) {
    const failing = observeMachine(alone.machine, {
      after: ({ index }) => {
        if (index === k) throw new Error('injected');
      },
    });
    ended = await setVfCount(failing, nic, 2).then(
      () => true,
      () => false,
    );
    await setVfCount(alone.machine, nic, 2);
    expect(alone.snapshot(), `again after ${k}`).toEqual(two);
    await setVfCount(alone.machine, nic, 1);
    expect(alone.snapshot(), `back after ${k}`).toEqual(one);
  }
});
