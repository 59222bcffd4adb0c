import { ResourceClass, Trait } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { fillIdentities, type IdentifiedDevice } from './fill-identities.ts';
import { desiredProviders, isOwnProvider, isOwnTrait, providerName, providerUuid } from './provider-tree.ts';

function aDevice(change: Partial<IdentifiedDevice> = {}): IdentifiedDevice {
  return {
    identity: 'GPU-1',
    kind: 'GPU',
    vendor: '10de',
    model: 'NVIDIA H200',
    address: '0000:83:00.0',
    numaNode: 0,
    health: { state: 'ok' },
    firmware: {},
    attributes: {},
    deployables: [
      {
        name: '0000:83:00.0',
        resourceClass: ResourceClass.parse('PGPU'),
        traits: [Trait.parse('CUSTOM_NVIDIA_2335')],
        handles: [{ id: '0000:83:00.0', type: 'PCI', info: {} }],
      },
    ],
    ...change,
  };
}
const opened = { revision: 1, open: [{ driver: 'gpu', identity: 'GPU-1' }] };
const closed = { revision: 0, open: [] };
const treeOf = (device: IdentifiedDevice, admission = opened) =>
  desiredProviders('node1', new Map([['gpu', [device]]]), admission);

describe('provider names', () => {
  it('gives the UUID that Cyborg gives, so that allocations stay where they are', () => {
    expect(providerUuid('compute2_FakeDevice')).toBe('1abf51e6-7b4d-3363-997b-5bd96bd3c8e3');
    expect(providerName('compute2', 'FakeDevice')).toBe('compute2_FakeDevice');
  });

  it('does not take a provider of the same name for ours when its UUID says that Nova made it', () => {
    const name = 'node1_0000:83:00.0';
    expect(isOwnProvider('node1', { name, uuid: providerUuid(name) })).toBe(true);
    expect(isOwnProvider('node1', { name, uuid: '11111111-2222-4333-8444-555555555555' })).toBe(false);
    expect(isOwnProvider('node2', { name, uuid: providerUuid(name) })).toBe(false);
  });
});

describe('desired providers', () => {
  it('closes a device that no operator opened: inventory there, all of it reserved', () => {
    expect(treeOf(aDevice(), closed)).toMatchObject([{ total: 1, reserved: 1, resourceClass: 'PGPU' }]);
  });

  it('opens a device that is ready and healthy', () => {
    expect(treeOf(aDevice())).toMatchObject([{ total: 1, reserved: 0 }]);
    expect(treeOf(aDevice({ health: { state: 'degraded', reason: 'hot' } }))).toMatchObject([
      { reserved: 0 },
    ]);
  });

  it.each(['failed', 'unknown'] as const)('closes an opened device whose health is %s', (state) => {
    expect(treeOf(aDevice({ health: { state } }))).toMatchObject([{ total: 1, reserved: 1 }]);
  });

  it('opens a device for the driver that was named only, not for another with the same identity', () => {
    const admission = { revision: 1, open: [{ driver: 'pci', identity: 'GPU-1' }] };
    expect(treeOf(aDevice(), admission)).toMatchObject([{ reserved: 1 }]);
  });

  it('marks each provider as ours, once, beside the traits of the driver', () => {
    expect(treeOf(aDevice())[0]?.traits).toEqual(['CUSTOM_NVIDIA_2335', 'OWNER_CYBORG']);
  });
});

describe('own traits', () => {
  it('are those of our names and those that drivers reported; an operator’s stay', () => {
    const claimed = new Set(['CUSTOM_ACME_TURBO']);
    expect(isOwnTrait('OWNER_CYBORG', claimed)).toBe(true);
    expect(isOwnTrait('CUSTOM_FPGA_FUNCTION_ID_INTEL_D8424DC4', claimed)).toBe(true);
    expect(isOwnTrait('CUSTOM_ACME_TURBO', claimed)).toBe(true);
    expect(isOwnTrait('CUSTOM_RACK_7', claimed)).toBe(false);
    expect(isOwnTrait('HW_NUMA_ROOT', claimed)).toBe(false);
  });
});

describe('identities', () => {
  it('keep a card that cannot be read now what it was at that address', () => {
    const first = fillIdentities([aDevice()], new Map());
    const second = fillIdentities([aDevice({ identity: null as never })], first.byAddress);
    expect(second.devices[0]?.identity).toBe('GPU-1');
  });

  it('mark what was never read as provisional', () => {
    const { devices } = fillIdentities([aDevice({ identity: null as never })], new Map());
    expect(devices[0]?.identity).toBe('at:0000:83:00.0');
  });

  it('believe the card, not the memory, when another one sits in the slot', () => {
    const { devices } = fillIdentities(
      [aDevice({ identity: 'GPU-2' })],
      new Map([['0000:83:00.0', 'GPU-1']]),
    );
    expect(devices[0]?.identity).toBe('GPU-2');
  });
});
