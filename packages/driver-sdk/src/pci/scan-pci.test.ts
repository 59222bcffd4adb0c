import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import {
  bmcVga,
  buildMachine,
  createSimulatedMachine,
  nvidiaGpu,
  pciBridge,
  type Simulation,
  simulatedServer,
  sriovNic,
} from '../simulator/index.ts';
import { scanPci } from './scan-pci.ts';

let root: string;

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'scan-')), 'root');
});

afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const addresses = async (machine: Machine, match = {}): Promise<string[]> =>
  (await scanPci(machine, { match })).map(({ address }) => address);

describe('what it says of a function', () => {
  it('is everything that sysfs shows of a GPU behind a bridge', async () => {
    const { machine } = simulatedServer(root);
    const [gpu] = await scanPci(machine, { match: { vendor: '10de' } });
    expect(gpu).toEqual({
      address: '0000:83:00.0',
      vendor: '10de',
      device: '2335',
      subsystemVendor: '10de',
      subsystemDevice: '18be',
      class: '030200',
      revision: 'a1',
      driver: 'nvidia',
      numaNode: 1,
      iommuGroup: expect.any(Number),
      physfn: undefined,
      virtfns: [],
      sriov: { totalVfs: 16, numVfs: 0 },
      link: { speed: 2.5, maxSpeed: 32, width: 16, maxWidth: 16 },
      parent: '0000:80:01.0',
    });
  });

  it('joins virtual functions to their physical one, in the order of their numbers', async () => {
    const { machine } = buildMachine({ root, cards: [sriovNic({ address: '0000:17:00.0', numVfs: 12 })] });
    const [physical, ...virtual] = await scanPci(machine);
    expect(physical?.virtfns).toEqual(virtual.map(({ address }) => address));
    expect(virtual).toHaveLength(12);
    expect(virtual.every(({ physfn, link }) => physfn === '0000:17:00.0' && link === undefined)).toBe(true);
  });

  it('leaves out what the machine does not know', async () => {
    const { machine } = buildMachine({
      root,
      iommu: false,
      cards: [bmcVga({ address: '0000:03:00.0', numaNode: null, boundTo: null })],
    });
    const [vga] = await scanPci(machine);
    expect(vga).toMatchObject({
      numaNode: null,
      iommuGroup: undefined,
      driver: undefined,
      link: undefined,
      parent: undefined,
    });
  });
});

describe('which functions', () => {
  it.each([
    [{ vendor: '10de' }, ['0000:83:00.0', '0000:84:00.0']],
    [{ class: '03' }, ['0000:03:00.0', '0000:83:00.0', '0000:84:00.0']],
    [{ class: '0302' }, ['0000:83:00.0', '0000:84:00.0']],
    [{ class: '030200', address: '*:84:*' }, ['0000:84:00.0']],
    [{ vendor: ['0x8086', '1A03'], class: ['1200', '0300'] }, ['0000:03:00.0', '0000:b1:00.0']],
    [
      [{ device: '2000' }, { device: 'bcc?' }],
      ['0000:03:00.0', '0000:b1:00.0'],
    ],
    [{ vendor: [] }, []],
  ])('fit %j', async (match, expected) => {
    expect(await addresses(simulatedServer(root).machine, match)).toEqual(expected);
  });
});

it('makes what the caller wants of each, with further attributes', async () => {
  const { machine } = simulatedServer(root);
  const found = await scanPci(machine, { match: { vendor: '10de' } }, async ({ address }, read) => ({
    address,
    reset: await read('reset_method'),
    none: await read('none'),
  }));
  expect(found[0]).toEqual({ address: '0000:83:00.0', reset: 'flr bus', none: undefined });
});

describe('a bus that cannot be enumerated', () => {
  it('is none when the machine has buses, but no PCI', async () => {
    mkdirSync(join(root, 'sys/bus/usb'), { recursive: true });
    expect(await scanPci(createRealMachine({ root }))).toEqual([]);
  });

  it('is an error when there is no sysfs', async () => {
    mkdirSync(root, { recursive: true });
    await expect(scanPci(createRealMachine({ root }))).rejects.toMatchObject({ code: 'hardware' });
  });

  it.each([
    ['EIO', 'hardware'],
    ['EACCES', 'denied'],
    ['ENOENT', 'hardware'],
  ])('is an error when listing it gives %s', async (errno, code) => {
    const simulation = simulatedServer(root);
    simulation.failRead('/sys/bus/pci/devices', errno);
    await expect(scanPci(simulation.machine)).rejects.toMatchObject({ code });
  });
});

describe('trouble with one function', () => {
  let simulation: Simulation;
  const sick = '0000:83:00.0';

  beforeEach(() => {
    simulation = buildMachine({
      root,
      cards: [nvidiaGpu({ address: sick }), nvidiaGpu({ address: '0000:84:00.0' })],
    });
  });

  it.each(['ENOENT', 'ENODEV', 'EIO', 'EINVAL'])('with %s at any one read loses no other', async (errno) => {
    const [whole, other] = await scanPci(simulation.machine);
    const paths = new Set<string>();
    const observed = observeMachine(simulation.machine, {
      before: (call) => void ('path' in call && call.path.includes(sick) && paths.add(call.path)),
    });
    await scanPci(observed);
    expect(paths.size).toBeGreaterThan(10);
    for (const path of paths) {
      simulation.failRead(path, errno);
      const found = await scanPci(simulation.machine);
      expect(found.at(-1), path).toEqual(other);
      expect(found[0], path).toMatchObject({ address: sick, vendor: whole?.vendor, class: whole?.class });
      simulation.clearFailures();
    }
  });

  it('finds the virtual functions of one whose directory cannot be listed', async () => {
    simulation.plug(sriovNic({ address: '0000:17:00.0', numVfs: 2 }));
    const before = await scanPci(simulation.machine);
    for (const address of ['0000:17:00.0', '0000:17:01.1']) {
      simulation.failRead(`/sys/bus/pci/devices/${address}`, 'EIO');
    }
    expect(await scanPci(simulation.machine)).toEqual(
      before.map((fn) => ({ ...fn, parent: fn.address.startsWith('0000:17') ? undefined : fn.parent })),
    );
  });

  it('leaves out a virtual function that cannot say whose it is', async () => {
    simulation.plug(sriovNic({ address: '0000:17:00.0', numVfs: 2 }));
    simulation.failRead('/sys/bus/pci/devices/0000:17:01.1/physfn', 'EIO');
    expect(await addresses(simulation.machine, { address: '0000:17:*' })).toEqual([
      '0000:17:00.0',
      '0000:17:01.0',
    ]);
  });

  it('leaves out one that vanishes between the listing and the reading', async () => {
    const racing = observeMachine(simulation.machine, {
      after: ({ verb }) => (verb === 'list' ? vanish() : undefined),
    });
    const vanish = (): void => {
      if (simulation.cards()[0]?.plugged === true) simulation.unplug(sick);
    };
    expect(await addresses(racing)).toEqual(['0000:84:00.0']);
  });

  it('takes the identity files when uevent says nothing of use', async () => {
    const before = await scanPci(simulation.machine);
    simulation.setFile(`/sys/bus/pci/devices/${sick}/uevent`, '\0\0\0');
    expect(await scanPci(simulation.machine)).toEqual(before);
    simulation.setFile(`/sys/bus/pci/devices/${sick}/vendor`, 'garbage\n');
    expect(await addresses(simulation.machine)).toEqual(['0000:84:00.0']);
  });

  it('lets a denial through, since it concerns the driver and not the card', async () => {
    simulation.failRead(`/sys/bus/pci/devices/${sick}/numa_node`, 'EACCES');
    await expect(scanPci(simulation.machine)).rejects.toMatchObject({ code: 'denied' });
  });
});

it('uses the seam in proportion to what is there', async () => {
  const count = async (cards: number): Promise<number> => {
    const directory = `${root}-${cards}`;
    buildMachine({
      root: directory,
      cards: [
        pciBridge({ address: '0000:00:01.0' }),
        ...Array.from({ length: cards }, (_, at) =>
          sriovNic({ address: `0000:${(0x10 + 2 * at).toString(16)}:00.0`, numVfs: 8 }),
        ),
      ],
    });
    let calls = 0;
    const before = (): void => {
      calls += 1;
    };
    const observed = observeMachine(createSimulatedMachine({ root: directory }), { before });
    await scanPci(observed, { match: { class: '02' } });
    return calls;
  };
  const [none, four, eight] = [await count(0), await count(4), await count(8)];
  expect(none).toBe(2);
  expect(eight - none).toBe(2 * (four - none));
  const functions = 4 * (1 + 8);
  expect((four - none) / functions).toBeLessThan(10);
});
