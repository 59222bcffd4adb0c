import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiscoveredDevice } from '@cyborgjs/core';
import type { DriverContext } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  buildMachine,
  type CardPlan,
  plainCard,
  type Simulation,
  sriovNic,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { PciConfig } from './config.ts';
import { pciDriver } from './index.ts';

let simulation: Simulation | undefined;
afterEach(() => {
  if (simulation !== undefined) rmSync(simulation.root, { recursive: true, force: true });
});

function contextOn(cards: readonly CardPlan[], devices: readonly unknown[]): DriverContext<PciConfig> {
  simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'pci-driver-')), cards });
  return createContext({ config: PciConfig.parse({ devices }), sys: simulation.machine });
}

const discover = (cards: readonly CardPlan[], devices: readonly unknown[]) =>
  pciDriver.discover(contextOn(cards, devices));

const handlesOf = (devices: readonly DiscoveredDevice[]): string[] =>
  devices.flatMap(({ deployables }) => deployables.flatMap(({ handles }) => handles.map(({ id }) => id)));

const nic = sriovNic({ address: '0000:17:00.0', numVfs: 2 });

describe('the PCI driver offers', () => {
  it('nothing without an allow-list', async () => {
    expect(await discover([nic], [])).toEqual([]);
  });

  it('a whole function with its facts', async () => {
    const serial = '001b21ffffa01234';
    const card = plainCard({
      address: '0000:05:00.0',
      vendor: '1da3',
      device: '1020',
      class: '120000',
      serial,
    });
    const [device] = await discover([card], [{ vendor: '1da3', model: 'Gaudi 2', traits: ['CUSTOM_FAST'] }]);
    expect(device).toMatchObject({
      identity: 'dsn-001b21ffffa01234-f0',
      kind: 'AICHIP',
      vendor: '1da3',
      model: 'Gaudi 2',
      health: { state: 'ok' },
      deployables: [
        {
          name: '0000:05:00.0',
          resourceClass: 'CUSTOM_PCI',
          traits: ['OWNER_CYBORG', 'CUSTOM_PCI_1DA3', 'CUSTOM_PCI_PRODUCT_ID_1020', 'CUSTOM_FAST'],
          handles: [{ id: '0000:05:00.0', info: { domain: '0000', bus: '05', device: '00', function: '0' } }],
        },
      ],
    });
  });

  it('the virtual functions in place of a physical one that has some', async () => {
    const devices = await discover([nic], [{ vendor: '8086', product: '1592' }]);
    expect(devices.map(({ address }) => address)).toEqual(['0000:17:00.0']);
    expect(handlesOf(devices)).toEqual(['0000:17:01.0', '0000:17:01.1']);
    expect(devices[0]?.deployables[0]?.traits).toContain('CUSTOM_PCI_PRODUCT_ID_1889');
  });

  it('only those virtual functions that are listed, under the entry that fits them', async () => {
    const devices = await discover(
      [nic],
      [
        { address: '0000:17:01.1', resourceClass: 'CUSTOM_VF' },
        { vendor: '8086', product: '1592' },
      ],
    );
    expect(handlesOf(devices)).toEqual(['0000:17:01.1']);
    expect(devices[0]?.deployables[0]?.resourceClass).toBe('CUSTOM_VF');
  });

  it('what is given out still, whatever its group comes to', async () => {
    const card = plainCard({
      address: '0000:05:00.0',
      vendor: '1da3',
      device: '1020',
      class: '120000',
      iommuGroup: 7,
    });
    const context = contextOn([card], [{ vendor: '1da3' }]);
    await pciDriver.attach(context, requestFor('0000:05:00.0', 'at:0000:05:00.0'));
    simulation?.plug(
      plainCard({
        address: '0000:06:00.0',
        vendor: '144d',
        device: 'a808',
        class: '010802',
        driver: 'nvme',
        iommuGroup: 7,
      }),
    );
    expect(handlesOf(await pciDriver.discover(context))).toEqual(['0000:05:00.0']);
  });

  it('a network card with its network, for Nova and for Neutron', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592', physicalNetwork: 'physnet-1' }]);
    const [device] = await pciDriver.discover(context);
    expect(device?.deployables[0]?.traits).toContain('CUSTOM_PHYSNET_PHYSNET_1');
    expect(device?.deployables[0]?.handles[0]?.info.physical_network).toBe('physnet-1');
    const { info } = await pciDriver.attach(context, requestFor('0000:17:01.0', 'at:0000:17:00.0'));
    expect(info.physical_network).toBe('physnet-1');
  });

  it('a card by its name in the list of PCI ids, or by its ids', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592' }]);
    expect((await pciDriver.discover(context))[0]?.model).toBe('PCI 8086:1592');
    simulation?.setFile(
      '/usr/share/misc/pci.ids',
      '8086  Intel Corporation\n\t1592  Ethernet Controller E810-C\n',
    );
    expect((await pciDriver.discover(context))[0]?.model).toBe('Ethernet Controller E810-C');
  });

  it('no identity where two cards show the same serial number', async () => {
    const twin = { vendor: '1da3', device: '1020', class: '120000', serial: '0100000068ace000' };
    const devices = await discover(
      [plainCard({ ...twin, address: '0000:05:00.0' }), plainCard({ ...twin, address: '0000:06:00.0' })],
      [{ vendor: '1da3' }],
    );
    expect(devices.map(({ identity }) => identity)).toEqual([null, null]);
  });

  it('a card that fell off the bus, as failed', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592' }]);
    simulation?.fallOff('0000:17:00.0');
    const [device] = await pciDriver.discover(context);
    expect(device?.health.state).toBe('failed');
  });
});

const consumer = { type: 'host', id: 'a-host', via: 'direct' } as const;
const requestFor = (id: string, identity: string) =>
  ({ device: { identity, address: id }, handle: { id, type: 'PCI' }, consumer, options: {} }) as const;

describe('the PCI driver refuses', () => {
  const card = plainCard({ address: '0000:05:00.0', vendor: '1da3', device: '1020', class: '120000' });

  it('to attach a function that is not listed', async () => {
    const context = contextOn([card, nic], [{ vendor: '1da3' }]);
    await expect(
      pciDriver.attach(context, requestFor('0000:17:01.0', 'at:0000:17:00.0')),
    ).rejects.toMatchObject({
      code: 'not_found',
      message: '"0000:17:01.0" is not offered: no entry of the settings fits it',
    });
  });

  it('to attach another card than the one that was meant', async () => {
    const context = contextOn([card], [{ vendor: '1da3' }]);
    const stale = requestFor('0000:05:00.0', 'dsn-00000000000000aa-f0');
    await expect(pciDriver.attach(context, stale)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('to install a card whose functions could not be given out, and says what to do', async () => {
    const shared = [
      plainCard({ address: '0000:05:00.0', vendor: '1da3', device: '1020', class: '120000', iommuGroup: 7 }),
      plainCard({
        address: '0000:06:00.0',
        vendor: '144d',
        device: 'a808',
        class: '010802',
        driver: 'nvme',
        iommuGroup: 7,
      }),
    ];
    const context = contextOn(shared, [{ vendor: '1da3' }]);
    const why = 'IOMMU group 7 of 0000:05:00.0 is not viable: 0000:06:00.0 (nvme)';
    const [found] = await pciDriver.discover(context);
    expect(found).toMatchObject({ attributes: { not_offered: why }, deployables: [{ handles: [] }] });
    const device = { identity: 'at:0000:05:00.0', address: '0000:05:00.0' };
    await expect(pciDriver.install?.(context, { device, options: {} })).rejects.toMatchObject({
      code: 'unsupported',
      hint: why,
    });
  });
});

describe('install and uninstall', () => {
  it('answer the device and leave nothing behind', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592' }]);
    const clean = simulation?.snapshot();
    const [found] = await pciDriver.discover(context);
    const request = { device: { identity: found?.identity ?? '', address: '0000:17:00.0' }, options: {} };
    expect(await pciDriver.install?.(context, request)).toEqual(found);
    await pciDriver.uninstall?.(context, request);
    expect(simulation?.snapshot()).toEqual(clean);
  });

  it('keep a card that is given out', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592' }]);
    await pciDriver.attach(context, requestFor('0000:17:01.0', 'at:0000:17:00.0'));
    const device = { identity: 'at:0000:17:00.0', address: '0000:17:00.0' };
    await expect(pciDriver.uninstall?.(context, { device, options: {} })).rejects.toMatchObject({
      code: 'in_use',
      message: '0000:17:01.0 is given out',
    });
  });

  it('have nothing to undo where the card is gone', async () => {
    const context = contextOn([nic], [{ vendor: '8086', product: '1592' }]);
    simulation?.unplug('0000:17:00.0');
    const device = { identity: 'dsn-1-f0', address: '0000:17:00.0' };
    await expect(pciDriver.uninstall?.(context, { device, options: {} })).resolves.toBeUndefined();
  });
});

describe('virtual functions', () => {
  const card = sriovNic({ address: '0000:17:00.0', totalVfs: 8 });
  const entry = { vendor: '8086', product: '1592', virtualFunctions: 4 };
  const requestOf = async (context: DriverContext<PciConfig>, profile?: string) => {
    const [found] = await pciDriver.discover(context);
    const device = { identity: found?.identity ?? '', address: '0000:17:00.0' };
    return { device, options: {}, ...(profile === undefined ? {} : { profile }) };
  };
  const installed = async (context: DriverContext<PciConfig>, profile?: string) => {
    const device = await pciDriver.install?.(context, await requestOf(context, profile));
    return {
      functions: handlesOf(device === undefined ? [] : [device]),
      count: device?.attributes.virtual_functions,
    };
  };

  it('are made as many as the settings or a profile say, and go with uninstall', async () => {
    const context = contextOn([card], [entry]);
    const clean = simulation?.snapshot();
    expect((await installed(context)).count).toBe('4 of 8');
    expect(await installed(context, 'vfs-2')).toEqual({
      functions: ['0000:17:01.0', '0000:17:01.1'],
      count: '2 of 8',
    });
    expect(await installed(context, 'whole')).toEqual({ functions: ['0000:17:00.0'], count: '0 of 8' });
    await installed(context, 'vfs-8');
    await pciDriver.uninstall?.(context, await requestOf(context));
    expect(simulation?.snapshot()).toEqual(clean);
  });

  it.each([
    ['there is not', 'vfs-many', entry, 'invalid'],
    ['asks for more than the card has', 'vfs-9', entry, 'invalid'],
    ['the settings do not allow', 'vfs-2', { vendor: '8086' }, 'invalid'],
  ])('are not made for a profile that %s', async (_case, profile, rule, code) => {
    const context = contextOn([card], [rule]);
    const clean = simulation?.snapshot();
    await expect(installed(context, profile)).rejects.toMatchObject({ code });
    expect(simulation?.snapshot()).toEqual(clean);
  });

  it.each([
    ['the card is given out', 'whole', '0000:17:00.0'],
    ['one of them is', 'vfs-2', '0000:17:01.1'],
  ])('keep their number while %s', async (_case, before, handle) => {
    const context = contextOn([card], [entry]);
    await installed(context, before);
    await pciDriver.attach(context, requestFor(handle, (await requestOf(context)).device.identity));
    await expect(installed(context, 'vfs-4')).rejects.toMatchObject({ code: 'in_use' });
    await expect(installed(context)).rejects.toMatchObject({ code: 'in_use' });
  });

  it('set aside for Nova are as good as taken', async () => {
    const context = contextOn([card], [entry]);
    await installed(context, 'vfs-2');
    const { identity } = (await requestOf(context)).device;
    const nova = { ...consumer, via: 'nova' } as const;
    await pciDriver.attach(context, { ...requestFor('0000:17:01.0', identity), consumer: nova });
    await expect(installed(context, 'vfs-4')).rejects.toMatchObject({ code: 'in_use' });
  });
});

it('binds for Nova too where libvirt must not', async () => {
  const card = plainCard({
    address: '0000:05:00.0',
    vendor: '1da3',
    device: '1020',
    class: '120000',
    driver: 'habanalabs',
  });
  const context = contextOn([card], [{ vendor: '1da3', managed: false }]);
  const [found] = await pciDriver.discover(context);
  const request = requestFor('0000:05:00.0', found?.identity ?? '');
  const { info } = await pciDriver.attach(context, { ...request, consumer: { ...consumer, via: 'nova' } });
  expect(info.managed).toBe('no');
  expect(await simulation?.machine.link('/sys/bus/pci/devices/0000:05:00.0/driver')).toBe('vfio-pci');
});
