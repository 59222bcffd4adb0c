import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttachRequest } from '../driver.ts';
import { buildMachine, nvidiaGpu, type Simulation } from '../simulator/index.ts';
import { attachPci, detachPci, statusPci } from './pci-attachment.ts';

const gpu = '0000:83:00.0';
const nova: AttachRequest = {
  device: { identity: 'GPU-1', address: gpu },
  handle: { id: gpu, type: 'PCI' },
  consumer: { type: 'instance', id: 'a-server', via: 'nova' },
  options: {},
};
const direct: AttachRequest = { ...nova, consumer: { type: 'host', id: 'a-host', via: 'direct' } };

let root: string;
let simulation: Simulation;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attachment-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address: gpu })] });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const driverOf = (): Promise<string | undefined> =>
  simulation.machine.link(`/sys/bus/pci/devices/${gpu}/driver`);

/** What libvirt does when a server with the function starts, and when it stops. */
async function startServer(): Promise<void> {
  const { machine } = simulation;
  await machine.write(`/sys/bus/pci/devices/${gpu}/driver_override`, 'vfio-pci');
  await machine.write('/sys/bus/pci/drivers/nvidia/unbind', gpu);
  await machine.write('/sys/bus/pci/drivers_probe', gpu);
}
async function stopServer(): Promise<void> {
  const { machine } = simulation;
  await machine.write(`/sys/bus/pci/devices/${gpu}/driver_override`, '\n');
  await machine.write('/sys/bus/pci/drivers/vfio-pci/unbind', gpu);
  await machine.write('/sys/bus/pci/drivers_probe', gpu);
}

describe('a function attached for Nova', () => {
  it('is set aside for VFIO and stays with its own driver', async () => {
    const { machine } = simulation;
    const answer = await attachPci(machine, nova);
    expect(answer).toEqual({ type: 'PCI', info: { domain: '0000', bus: '83', device: '00', function: '0' } });
    expect(await driverOf()).toBe('nvidia');
    expect(await statusPci(machine, nova)).toBe('attached');
    expect(await statusPci(machine, direct)).toBe('partial');
  });

  it('stays attached while a server has it, and is detached when the server has stopped', async () => {
    const { machine } = simulation;
    await attachPci(machine, nova);
    await startServer();
    expect(await driverOf()).toBe('vfio-pci');
    expect(await statusPci(machine, nova)).toBe('attached');
    await stopServer();
    expect(await statusPci(machine, nova)).toBe('detached');
  });

  it('is not touched when it is attached again while a server has it', async () => {
    const { machine } = simulation;
    await attachPci(machine, nova);
    await startServer();
    const running = simulation.snapshot();
    await attachPci(machine, nova);
    expect(simulation.snapshot()).toEqual(running);
  });

  it('is cleaned of half a binding first', async () => {
    const { machine } = simulation;
    await startServer();
    await machine.write(`/sys/bus/pci/devices/${gpu}/driver_override`, '\n');
    expect(await statusPci(machine, nova)).toBe('partial');
    await attachPci(machine, nova);
    expect(await driverOf()).toBe('nvidia');
    expect(await statusPci(machine, nova)).toBe('attached');
  });

  it('leaves nothing behind when it is detached, set aside or with a server that died', async () => {
    const { machine } = simulation;
    const clean = simulation.snapshot();
    await attachPci(machine, nova);
    await detachPci(machine, nova);
    expect(simulation.snapshot()).toEqual(clean);
    await attachPci(machine, nova);
    await startServer();
    await detachPci(machine, nova);
    expect(simulation.snapshot()).toEqual(clean);
  });
});

it.each([
  ['a direct consumer', { consumer: { type: 'host', id: 'one', via: 'direct' } }, {}],
  ['Nova, where libvirt must not', {}, { managed: false }],
] as const)('binds a function for %s, and tells its group', async (_case, change, options) => {
  const { machine } = simulation;
  const answer = await attachPci(machine, { ...nova, ...change }, options);
  const group = await machine.link(`/sys/bus/pci/devices/${gpu}/iommu_group`);
  expect(answer.info).toMatchObject({ bus: '83', managed: 'no', iommu_group: group });
  expect(await driverOf()).toBe('vfio-pci');
  expect(await statusPci(machine, { ...nova, ...change })).toBe('attached');
});

describe('a handle that is no PCI function', () => {
  it('is not found', async () => {
    const request = { ...direct, handle: { id: '../..', type: 'PCI' } } as const;
    await expect(attachPci(simulation.machine, request)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of another type is unsupported', async () => {
    const request = { ...direct, handle: { id: gpu, type: 'MDEV' } } as const;
    await expect(attachPci(simulation.machine, request)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
