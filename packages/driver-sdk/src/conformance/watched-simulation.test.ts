import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildMachine } from '../simulator/build-machine.ts';
import { nvidiaGpu } from '../simulator/cards/nvidia-gpu.ts';
import type { Simulation } from '../simulator/open-simulation.ts';
import type { TreeCopy } from '../simulator/restore-tree.ts';
import { WatchedSimulation } from './watched-simulation.ts';

const gpu = '0000:83:00.0';
const directory = `/sys/bus/pci/devices/${gpu}`;
const smi = '/usr/bin/nvidia-smi';

let simulation: Simulation;
let watched: WatchedSimulation;
let unused: TreeCopy;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'watched-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: gpu }), nvidiaGpu({ address: '0000:93:00.0' })],
  });
  watched = new WatchedSimulation(simulation, {
    tools: {
      '/usr/bin/touch-card': ({ setFile }) => {
        setFile(`${directory}/numa_node`, '1\n');
        return { code: 0, out: '', err: '' };
      },
    },
  });
  unused = watched.copy();
});

afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

/** What it believes is what is on the disk. */
const expectTruth = (): void => expect(Object.fromEntries(watched.state())).toEqual(simulation.snapshot());

/** Binds the GPU to VFIO, and cuts the other one. */
async function useIt(): Promise<void> {
  const { machine } = watched;
  await machine.write(`${directory}/driver_override`, 'vfio-pci');
  await machine.write('/sys/bus/pci/drivers/nvidia/unbind', gpu);
  await machine.write('/sys/bus/pci/drivers_probe', gpu);
  expect((await machine.run(smi, ['-i', '0000:93:00.0', '-mig', '1'])).code).toBe(0);
}

it('knows what writes and tools change without a look at the disk', async () => {
  const before = watched.state();
  await watched.machine.run(smi, ['-L']);
  expect(watched.state()).toBe(before);
  await useIt();
  expect(watched.state()).not.toEqual(before);
  expectTruth();
});

it('reads the same as the simulated machine, before and after it is used', async () => {
  const odd = [
    '/',
    '/sys',
    '/sys/',
    '/none',
    `${directory}/vendor/none`,
    `${directory}/../none`,
    `${directory}/driver/..`,
  ];
  const below = [
    '',
    '/driver',
    '/driver/unbind',
    '/vendor',
    '/config',
    '/iommu_group',
    '/iommu_group/devices',
    '/none',
  ];
  const expectSame = async (): Promise<void> => {
    const known = [...watched.state().keys(), ...odd, ...below.map((path) => directory + path)];
    for (const path of known)
      for (const verb of ['read', 'readBytes', 'list', 'link', 'resolve'] as const) {
        const ask = ({ machine }: { readonly machine: Simulation['machine'] }): Promise<unknown> =>
          machine[verb](path).catch(String);
        const [is, should] = [await ask(watched), await ask(simulation)];
        // The simulator's own files are no part of the machine.
        if (path !== '/') expect(is, `${verb} ${path}`).toEqual(should);
      }
  };
  await expectSame();
  await useIt();
  await expectSame();
});

it('lets nobody change the answers of others', async () => {
  const names = (await watched.machine.list(directory)) as string[];
  names.splice(0);
  expect(await watched.machine.list(directory)).toContain('vendor');
});

it('reads what a tool of a fixture has changed, and faults', async () => {
  await watched.machine.run('/usr/bin/touch-card', []);
  expect(await watched.machine.read(`${directory}/numa_node`)).toBe('1\n');
  expectTruth();
  simulation.failRead(`${directory}/vendor`, 'EIO');
  watched.touch();
  watched.state();
  await expect(watched.machine.read(`${directory}/vendor`)).rejects.toThrow(/EIO/);
});

it('is put back as it was, the state that no file shows with it', async () => {
  await useIt();
  simulation.hold('0000:93:00.0');
  simulation.failRead(`${directory}/vendor`, 'EIO');
  watched.touch();
  watched.putBack(unused);
  expectTruth();
  expect(Object.fromEntries(unused.seen)).toEqual(simulation.snapshot());
  expect(await watched.machine.read(`${directory}/vendor`)).toBe('0x10de\n');
  await useIt();
  expectTruth();
});

it('tells of what was changed past the seam, however late, and puts that back too', async () => {
  const file = `${directory}/numa_node`;
  watched.state();
  writeFileSync(simulation.root + file, '7\n');
  expect(() => watched.putBack(unused)).toThrow(/past the seam: .*numa_node was "0\\n" and is "7\\n"/);
  expect(await simulation.machine.read(file)).toBe('0\n');
  for (let trial = 0; trial < 20; trial += 1) watched.putBack(unused);
  writeFileSync(simulation.root + file, '7\n');
  expect(() => {
    for (let trial = 0; trial < 8; trial += 1) watched.putBack(unused);
  }).toThrow(/past the seam/);
  expectTruth();
});
