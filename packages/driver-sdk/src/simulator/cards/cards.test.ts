import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanPci } from '../../pci/scan-pci.ts';
import { buildMachine } from '../build-machine.ts';
import type { CardPlan } from '../card.ts';
import { simulatedServer } from '../simulated-server.ts';
import { alveo } from './alveo.ts';
import { amdGpu } from './amd-gpu.ts';
import { intelFpgaDfl } from './intel-fpga-dfl.ts';
import { intelFpgaOld } from './intel-fpga-old.ts';
import { intelGpu } from './intel-gpu.ts';
import { nvidiaGpu } from './nvidia-gpu.ts';
import { bmcVga, nvSwitch, pciBridge, plainCard } from './platform-functions.ts';
import { sriovNic } from './sriov-nic.ts';

let root: string;

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'cards-')), 'root');
});

afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const address = '0000:83:00.0';

const everyCard: readonly (readonly [string, CardPlan, string])[] = [
  ['nvidiaGpu', nvidiaGpu({ address }), 'nvidia'],
  ['amdGpu', amdGpu({ address }), 'amdgpu'],
  ['intelGpu', intelGpu({ address, numVfs: 2 }), 'i915'],
  ['intelFpgaDfl', intelFpgaDfl({ address, numVfs: 1 }), 'dfl-pci'],
  ['intelFpgaOld', intelFpgaOld({ address, numVfs: 1 }), 'intel-fpga-pci'],
  ['alveo', alveo({ address }), 'xclmgmt'],
  ['a golden alveo', alveo({ address, golden: true }), 'xclmgmt'],
  ['sriovNic', sriovNic({ address, numVfs: 3 }), 'ice'],
  ['a Mellanox sriovNic', sriovNic({ address, model: 'ConnectX-6', numVfs: 3 }), 'mlx5_core'],
  ['bmcVga', bmcVga({ address }), 'ast'],
  ['nvSwitch', nvSwitch({ address }), 'nvidia-nvswitch'],
  ['pciBridge', pciBridge({ address }), 'pcieport'],
  [
    'plainCard',
    plainCard({ address, vendor: '1d55', device: 'a010', class: '120000', driver: 'acme' }),
    'acme',
  ],
];

/** How sysfs writes each attribute (Documentation/ABI/testing/sysfs-bus-pci). */
const formats: Readonly<Record<string, RegExp>> = {
  vendor: /^0x[0-9a-f]{4}\n$/,
  device: /^0x[0-9a-f]{4}\n$/,
  subsystem_vendor: /^0x[0-9a-f]{4}\n$/,
  subsystem_device: /^0x[0-9a-f]{4}\n$/,
  revision: /^0x[0-9a-f]{2}\n$/,
  class: /^0x[0-9a-f]{6}\n$/,
  numa_node: /^(-1|\d+)\n$/,
  local_cpulist: /^\d+-\d+\n$/,
  modalias:
    /^pci:v[0-9A-F]{8}d[0-9A-F]{8}sv[0-9A-F]{8}sd[0-9A-F]{8}bc[0-9A-F]{2}sc[0-9A-F]{2}i[0-9A-F]{2}\n$/,
  uevent:
    /^(DRIVER=\S+\n)?PCI_CLASS=[0-9A-F]{5,6}\nPCI_ID=[0-9A-F]{4}:[0-9A-F]{4}\nPCI_SUBSYS_ID=[0-9A-F]{4}:[0-9A-F]{4}\nPCI_SLOT_NAME=\S+\nMODALIAS=pci:\S+\n$/,
  resource: /^(0x[0-9a-f]{16} 0x[0-9a-f]{16} 0x[0-9a-f]{16}\n){13,17}$/,
  driver_override: /^\(null\)\n$/,
};

describe.each(everyCard)('%s', (_name, card, driver) => {
  it('has the attributes of the kernel in their forms, and hangs together', async () => {
    const { machine } = buildMachine({ root, cards: [card] });
    const functions = await scanPci(machine);
    expect(functions[0]).toMatchObject({ address, driver });
    for (const fn of functions) {
      const directory = `/sys/bus/pci/devices/${fn.address}`;
      for (const [name, format] of Object.entries(formats)) {
        expect(await machine.read(`${directory}/${name}`), `${fn.address} ${name}`).toMatch(format);
      }
      expect(await machine.read(`${directory}/uevent`)).toContain(`PCI_SLOT_NAME=${fn.address}\n`);
      expect(await machine.link(`${directory}/subsystem`)).toBe('pci');
      expect(await machine.list(`/sys/kernel/iommu_groups/${fn.iommuGroup}/devices`)).toEqual([fn.address]);
      expect(await machine.list(`/sys/bus/pci/drivers/${fn.driver}`)).toContain(fn.address);
      expect(fn.sriov?.numVfs ?? 0).toBe(fn.virtfns.length);
    }
  });

  it('loses what its driver showed when that goes, and gets it back', async () => {
    const { machine, snapshot } = buildMachine({ root, cards: [card] });
    await machine.write(`/sys/bus/pci/devices/${address}/sriov_numvfs`, '0').catch(() => {});
    const before = snapshot();
    await machine.write(`/sys/bus/pci/drivers/${driver}/unbind`, address);
    expect(Object.keys(snapshot()).length).toBeLessThan(Object.keys(before).length);
    await machine.write('/sys/bus/pci/drivers_probe', address);
    expect(snapshot()).toEqual(before);
  });
});

it('an Alveo card is two functions, or one fresh from the factory', async () => {
  const { machine } = buildMachine({
    root,
    cards: [alveo({ address }), alveo({ address: '0000:84:00.0', golden: true })],
  });
  const found = await scanPci(machine, { match: { vendor: '10ee' } });
  expect(found.map((fn) => [fn.address, fn.device, fn.driver])).toEqual([
    ['0000:83:00.0', '5004', 'xclmgmt'],
    ['0000:83:00.1', '5005', 'xocl'],
    ['0000:84:00.0', 'd004', 'xclmgmt'],
  ]);
});

it('the server of the examples has what it says', async () => {
  const { machine, cards } = simulatedServer(root);
  const found = await scanPci(machine);
  expect(
    found.filter((fn) => fn.class.startsWith('0302')).map((fn) => [fn.address, fn.parent, fn.numaNode]),
  ).toEqual([
    ['0000:83:00.0', '0000:80:01.0', 1],
    ['0000:84:00.0', '0000:80:02.0', 1],
  ]);
  expect(found.find((fn) => fn.device === '1592')?.virtfns).toHaveLength(8);
  expect(cards()).toHaveLength(10);
});

it('a host of 64 cards with 16 virtual functions each is built and scanned', {
  timeout: 60_000,
}, async () => {
  const cards = Array.from({ length: 64 }, (_, at) =>
    sriovNic({ address: `0000:${(0x10 + 2 * at).toString(16)}:00.0`, totalVfs: 16, numVfs: 16 }),
  );
  const { machine } = buildMachine({ root, cards });
  const found = await scanPci(machine, { match: { class: '02' } });
  expect(found).toHaveLength(64 * 17);
  expect(new Set(found.map(({ iommuGroup }) => iommuGroup)).size).toBe(64 * 17);
});
