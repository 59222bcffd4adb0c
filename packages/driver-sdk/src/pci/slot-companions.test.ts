import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttachRequest } from '../driver.ts';
import { buildMachine, nvidiaGpu, plainCard, type Simulation } from '../simulator/index.ts';
import { attachPci, detachPci, statusPci } from './pci-attachment.ts';
import { slotCompanions } from './slot-companions.ts';

const gpu = '0000:83:00.0';
const ofGpu = (fn: number, pciClass: string, driver: string) =>
  plainCard({
    address: `0000:83:00.${fn}`,
    vendor: '10de',
    device: `22b${fn}`,
    class: pciClass,
    driver,
    iommuGroup: 7,
  });

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'companions-'));
  simulation = buildMachine({
    root,
    cards: [
      nvidiaGpu({ address: gpu, iommuGroup: 7 }),
      ofGpu(1, '040300', 'snd_hda_intel'),
      ofGpu(2, '0c0330', 'xhci_hcd'),
      ofGpu(3, '0c8000', 'nvidia-gpu'),
      plainCard({ address: '0000:84:00.1', vendor: '10de', device: '22bc', class: '040300', iommuGroup: 8 }),
    ],
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const request = (via: 'nova' | 'direct'): AttachRequest => ({
  device: { identity: 'GPU-1', address: gpu },
  handle: { id: gpu, type: 'PCI' },
  consumer: { type: 'instance', id: 'b5b0b3f2', via },
  options: {},
});
const driverOf = (fn: number) => simulation.machine.link(`/sys/bus/pci/devices/0000:83:00.${fn}/driver`);
const drivers = () => Promise.all([0, 1, 2, 3].map(driverOf));

it('are sound, USB and USB-C control of the same slot and group', async () => {
  expect(await slotCompanions(simulation.machine, gpu)).toEqual([
    '0000:83:00.1',
    '0000:83:00.2',
    '0000:83:00.3',
  ]);
  expect(await slotCompanions(simulation.machine, '0000:83:00.1')).toEqual([]);
});

describe('attaching', () => {
  const host = ['nvidia', 'snd_hda_intel', 'xhci_hcd', 'nvidia-gpu'];

  it('takes them along to a direct consumer, and gives them back', async () => {
    const { machine } = simulation;
    const before = simulation.snapshot();
    await attachPci(machine, request('direct'));
    expect(await drivers()).toEqual(['vfio-pci', 'vfio-pci', 'vfio-pci', 'vfio-pci']);
    await detachPci(machine, request('direct'));
    expect(await drivers()).toEqual(host);
    expect(simulation.snapshot()).toEqual(before);
  });

  it('takes them along for Nova too, whose libvirt takes the one function only', async () => {
    const { machine } = simulation;
    const before = simulation.snapshot();
    await attachPci(machine, request('nova'));
    expect(await drivers()).toEqual(['nvidia', 'vfio-pci', 'vfio-pci', 'vfio-pci']);
    expect(await statusPci(machine, request('nova'))).toBe('attached');
    await detachPci(machine, request('nova'));
    expect(simulation.snapshot()).toEqual(before);
  });

  it('is partial while one of them is still, or again, with the host', async () => {
    const { machine } = simulation;
    await attachPci(machine, request('direct'));
    await machine.write('/sys/bus/pci/devices/0000:83:00.2/driver_override', '\n');
    await machine.write('/sys/bus/pci/drivers/vfio-pci/unbind', '0000:83:00.2');
    expect(await statusPci(machine, request('direct'))).toBe('partial');
    await attachPci(machine, request('direct'));
    expect(await statusPci(machine, request('direct'))).toBe('attached');
  });
});
