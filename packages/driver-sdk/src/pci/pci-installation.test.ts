import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiscoveredDevice, Health } from '@cyborgjs/core';
import { parsePciAddress, ResourceClass } from '@cyborgjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { AttachRequest } from '../driver.ts';
import { buildMachine, type MachinePlan, nvidiaGpu, type Simulation } from '../simulator/index.ts';
import { pciHandle } from './describe-pci-card.ts';
import { installPci, requireSameCard, uninstallPci } from './pci-installation.ts';

const address = '0000:83:00.0';
const request = { device: { identity: 'GPU-1', address }, options: {} };

let simulation: Simulation;
afterEach(() => {
  if (simulation !== undefined) rmSync(simulation.root, { recursive: true, force: true });
});

function machineWith(plan: Partial<MachinePlan> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'installation-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address })], ...plan });
  return simulation.machine;
}

function aDevice(health: Health = { state: 'ok' }, offered: readonly string[] = [address]): DiscoveredDevice {
  const handles = offered.flatMap((id) => parsePciAddress(id) ?? []).map(pciHandle);
  return {
    identity: 'GPU-1',
    kind: 'GPU',
    vendor: '10de',
    model: 'a GPU',
    address,
    numaNode: null,
    health,
    firmware: {},
    attributes: {},
    deployables: [{ name: address, resourceClass: ResourceClass.parse('PGPU'), traits: [], handles }],
  };
}

describe('installing a card', () => {
  it('answers it as it was discovered, and writes nothing', async () => {
    const machine = machineWith();
    const clean = simulation.snapshot();
    expect(await installPci(machine, request, [aDevice()])).toEqual(aDevice());
    expect(simulation.snapshot()).toEqual(clean);
  });

  it('finds a card that moved by its identity', async () => {
    const moved = { device: { identity: 'GPU-1', address: '0000:05:00.0' }, options: {} };
    expect(await installPci(machineWith(), moved, [aDevice()])).toEqual(aDevice());
  });

  it.each([
    ['hardware', 'a card that has failed', aDevice({ state: 'failed', reason: 'it is dead' })],
    ['unsupported', 'a card that offers nothing', aDevice({ state: 'ok' }, [])],
  ])('is %s for %s', async (code, _case, device) => {
    await expect(installPci(machineWith(), request, [device])).rejects.toMatchObject({ code });
  });

  it('is not_found for a card that is not there, and for another one at its address', async () => {
    const machine = machineWith();
    await expect(installPci(machine, request, [])).rejects.toMatchObject({ code: 'not_found' });
    const other = { ...aDevice(), identity: 'GPU-2' };
    await expect(installPci(machine, request, [other])).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is invalid with a profile', async () => {
    const withProfile = { ...request, profile: 'four-vfs' };
    await expect(installPci(machineWith(), withProfile, [aDevice()])).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  it('says how to turn the IOMMU on where it is off', async () => {
    await expect(installPci(machineWith({ iommu: false }), request, [aDevice()])).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('intel_iommu=on'),
    });
  });
});

describe('uninstalling a card', () => {
  it('gives back what was half given out', async () => {
    const machine = machineWith();
    const clean = simulation.snapshot();
    await machine.write(`/sys/bus/pci/devices/${address}/driver_override`, 'vfio-pci');
    await machine.write('/sys/bus/pci/drivers/nvidia/unbind', address);
    await uninstallPci(machine, request, [aDevice()]);
    expect(simulation.snapshot()).toEqual(clean);
  });

  it('is done where the card is gone', async () => {
    await expect(uninstallPci(machineWith(), request, [])).resolves.toBeUndefined();
  });
});

describe('the card of a request', () => {
  const attach = { ...request, handle: { id: address, type: 'PCI' } } as unknown as AttachRequest;

  it.each([
    ['the one that was meant', 'GPU-1'],
    ['one whose identity cannot be read', null],
  ])('may be %s', (_case, identity) => {
    expect(() => requireSameCard(attach, identity)).not.toThrow();
  });

  it('may be any where the host made its identity up from the address', () => {
    const madeUp = { ...attach, device: { identity: `at:${address}`, address } };
    expect(() => requireSameCard(madeUp, 'GPU-2')).not.toThrow();
  });

  it('may not be another', () => {
    expect(() => requireSameCard(attach, 'GPU-2')).toThrow('is now on card GPU-2, not on GPU-1');
  });
});
