import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errnoOf } from '../../machine/driver-error-from-errno.ts';
import type { Machine } from '../../machine.ts';
import { buildMachine } from '../build-machine.ts';
import { t4MdevTypes } from '../cards/mdev-types.ts';
import { nvidiaGpu } from '../cards/nvidia-gpu.ts';
import type { Simulation } from '../open-simulation.ts';

const t4 = '0000:3b:00.0';

let root: string;
let simulation: Simulation;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kernel-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: t4, model: 'T4', vgpu: { by: 'mdev', types: t4MdevTypes } })],
  });
  machine = simulation.machine;
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (address: string, name: string): string => `/sys/bus/pci/devices/${address}/${name}`;
const to = (driver: string, name: string): string => `/sys/bus/pci/drivers/${driver}/${name}`;

/** The errno that a write ends with; undefined when it succeeds. */
const errnoOfWrite = (path: string, text: string): Promise<string | undefined> =>
  machine.write(path, text).then(() => undefined, errnoOf);

describe('mediated devices', () => {
  const types = at(t4, 'mdev_supported_types');
  const first = '4b20d080-1b54-4048-85b3-a6a62d165c01';
  const second = '4b20d080-1b54-4048-85b3-a6a62d165c02';

  const available = async (): Promise<(string | undefined)[]> =>
    Promise.all(t4MdevTypes.map(({ id }) => machine.read(`${types}/${id}/available_instances`)));

  it('are made of one type at a time, with a group node each, and removed', async () => {
    const before = simulation.snapshot();
    await machine.write(`${types}/nvidia-231/create`, first);
    await machine.write(`${types}/nvidia-231/create`, `${second}\n`);
    expect(await available()).toEqual(['0\n', '6\n', '0\n', '0\n', '0\n']);
    expect(await machine.list('/sys/bus/mdev/devices')).toEqual([first, second]);
    expect(await machine.link(`/sys/bus/mdev/devices/${first}/mdev_type`)).toBe('nvidia-231');
    const group = await machine.link(`/sys/bus/mdev/devices/${first}/iommu_group`);
    expect(await machine.list('/dev/vfio')).toContain(group);
    await machine.write(`/sys/bus/mdev/devices/${first}/remove`, '1');
    await machine.write(`/sys/bus/mdev/devices/${second}/remove`, '1');
    expect(await available()).toEqual(['16\n', '8\n', '4\n', '2\n', '1\n']);
    expect(simulation.snapshot()).toEqual(before);
  });

  it('are refused as the kernel refuses them', async () => {
    const create = (type: string, text: string) => errnoOfWrite(`${types}/${type}/create`, text);
    expect(await create('nvidia-234', 'no uuid')).toBe('EINVAL');
    expect(await create('nvidia-234', first)).toBeUndefined();
    expect(await create('nvidia-231', first)).toBe('EEXIST');
    expect(await create('nvidia-231', second)).toBe('ENOSPC');
  });

  it('keep their remover waiting while a guest holds them', async () => {
    await machine.write(`${types}/nvidia-234/create`, first);
    simulation.hold(first);
    const removing = machine.write(`/sys/bus/mdev/devices/${first}/remove`, '1');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await machine.list('/sys/bus/mdev/devices')).toEqual([first]);
    simulation.letGo(first);
    await removing;
    expect(await machine.list('/sys/bus/mdev/devices')).toBeUndefined();
  });

  it('go with the driver of their parent', async () => {
    await machine.write(`${types}/nvidia-231/create`, first);
    await machine.write(to('nvidia', 'unbind'), t4);
    expect(await machine.list('/sys/bus/mdev/devices')).toBeUndefined();
    await machine.write('/sys/bus/pci/drivers_probe', t4);
    expect(await available()).toEqual(['16\n', '8\n', '4\n', '2\n', '1\n']);
  });
});
