import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import {
  buildMachine,
  type CardPlan,
  type MachinePlan,
  nvidiaGpu,
  pciBridge,
  plainCard,
  sriovNic,
} from '../simulator/index.ts';
import { bindVfio } from './bind-vfio.ts';
import { groupBlockers } from './group-blockers.ts';

const gpu = '0000:83:00.0';
const second = '0000:83:00.1';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bind-vfio-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A machine that fails the test when it is written to. */
function untouched(cards: readonly CardPlan[], options: Partial<MachinePlan> = {}): Machine {
  return observeMachine(buildMachine({ root, cards, ...options }).machine, {
    before: (call) => expect(call.verb).not.toBe('write'),
  });
}

const neighbour = (driver: string | null): CardPlan =>
  plainCard({ address: second, vendor: '10de', device: '22bc', class: '0b4000', driver, iommuGroup: 7 });

it.each([
  ['is not there', [], {}, 'not_found', /no PCI function/],
  ['has no IOMMU', [nvidiaGpu({ address: gpu })], { iommu: false }, 'unsupported', /no IOMMU group/],
  ['is a bridge', [pciBridge({ address: gpu })], {}, 'unsupported', /is a bridge/],
  ['has virtual functions', [sriovNic({ address: gpu, numVfs: 2 })], {}, 'busy', /2 virtual functions/],
  [
    'shares its group',
    [nvidiaGpu({ address: gpu, iommuGroup: 7 }), neighbour('snd_hda_intel')],
    {},
    'conflict',
    /00.1/,
  ],
  ['has no vfio-pci', [nvidiaGpu({ address: gpu })], { vfio: false }, 'unavailable', /vfio-pci loaded/],
] as const)(
  'refuses, before the first write, a function that %s',
  async (_case, cards, options, code, message) => {
    await expect(bindVfio(untouched(cards, options), gpu)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  },
);

it('refuses what is no address', async () => {
  await expect(bindVfio(untouched([]), '../../etc')).rejects.toMatchObject({ code: 'not_found' });
});

it.each(['vfio-pci', 'pci-stub', null])('takes a function whose neighbour has driver %s', async (driver) => {
  const { machine, setFile } = buildMachine({
    root,
    cards: [nvidiaGpu({ address: gpu, iommuGroup: 7 }), neighbour(driver)],
  });
  expect(await groupBlockers(machine, gpu)).toEqual([]);
  expect(await bindVfio(machine, gpu)).toEqual({ path: '/dev/vfio/7', group: 7, device: undefined });
  setFile('/dev/vfio/devices/vfio0', '');
  expect((await bindVfio(machine, gpu)).device).toMatch(/^vfio[01]$/);
});

it('does not mind the bridge above, and names a host driver that only looks harmless', async () => {
  const { machine } = buildMachine({
    root,
    cards: [
      pciBridge({ address: '0000:80:01.0', iommuGroup: 7 }),
      nvidiaGpu({ address: gpu, behind: '0000:80:01.0', iommuGroup: 7 }),
      neighbour('uio_pci_generic'),
    ],
  });
  expect(await groupBlockers(machine, gpu)).toEqual([{ address: second, driver: 'uio_pci_generic' }]);
});

it('binds a variant driver on demand', async () => {
  const { machine } = buildMachine({
    root,
    cards: [
      sriovNic({ address: gpu, model: 'ConnectX-6' }),
      plainCard({
        address: '0000:05:00.0',
        vendor: '15b3',
        device: '1021',
        class: '020000',
        driver: 'mlx5_vfio_pci',
      }),
    ],
  });
  await bindVfio(machine, gpu, { driver: 'mlx5_vfio_pci' });
  expect(await machine.link(`/sys/bus/pci/devices/${gpu}/driver`)).toBe('mlx5_vfio_pci');
});
