import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  type AttachmentInfo,
  createMdev,
  createRealMachine,
  pciHandle,
  removeMdev,
  statusVfio,
} from '@cyborgjs/driver-sdk';
import { describeConnection } from '@cyborgjs/driver-sdk/connection';
import { cards } from '../guest/cards.ts';
import { openDriver } from '../guest/open-driver.ts';
import { attachRequest, deviceAt, handleIds, installRequest } from '../guest/requests.ts';
import { endTenants, startTenant } from '../guest/start-tenant.ts';
import { timeUntil } from '../guest/time-until.ts';

const sys = createRealMachine();
const driver = await openDriver('@cyborgjs/driver-pci', {
  devices: [
    { vendor: '1b36', product: '0010', virtualFunctions: 2 },
    { vendor: '1234' },
    { vendor: '1af4', class: '12' },
  ],
});
const tenant = await startTenant('tenant');
after(async () => {
  endTenants();
  await driver.stop();
});

const driverOf = (address: string) => sys.link(`/sys/bus/pci/devices/${address}/driver`);
const deviceWith = async (address: string) => deviceAt(await driver.call('discover', {}), address);
const take = async (attached: AttachmentInfo, id: string): Promise<void> => {
  for (const { execute, arguments: args } of describeConnection(attached, { id, bus: 'rp0' }).qmp?.attach ??
    [])
    await tenant.monitor.execute(execute, args);
};

test('a machine cannot take a function that is not prepared', async () => {
  const unprepared: AttachmentInfo = { type: 'PCI', info: pciHandle(cards.npu as never).info };
  await assert.rejects(take(unprepared, 'unprepared'), /vfio 0000:41:00.0: .*(no such|failed|not).*/i);
});

test('a machine cannot take a function of a group that is not viable', async () => {
  await sys.write(`/sys/bus/pci/devices/${cards.sound}/driver_override`, 'vfio-pci');
  await sys.write('/sys/bus/pci/drivers/snd_hda_intel/unbind', cards.sound);
  await sys.write('/sys/bus/pci/drivers_probe', cards.sound);
  const sound: AttachmentInfo = { type: 'PCI', info: pciHandle(cards.sound as never).info };
  await assert.rejects(take(sound, 'sound'), /is not viable/);
  await sys.write(`/sys/bus/pci/devices/${cards.sound}/driver_override`, '\n');
  await sys.write('/sys/bus/pci/drivers/vfio-pci/unbind', cards.sound);
  await sys.write('/sys/bus/pci/drivers_probe', cards.sound);
});

test('a machine takes a prepared function by the arguments of the library', async () => {
  const gpu = await deviceWith(cards.gpu);
  const attached = await driver.call('attach', attachRequest(gpu, cards.gpu));
  assert.deepEqual(describeConnection(attached, { id: 'gpu', bus: 'rp0' }).qmp?.attach, [
    { execute: 'device_add', arguments: { driver: 'vfio-pci', host: cards.gpu, id: 'gpu', bus: 'rp0' } },
  ]);
  await take(attached, 'gpu');
  assert.ok(await tenant.holds('gpu'));
  await timeUntil(async () => (await tenant.devices()).includes('1234:1111'), 120_000);
});

test('nobody else takes it meanwhile, and its detach waits until the machine lets go', async () => {
  const request = attachRequest(await deviceWith(cards.gpu), cards.gpu);
  const other = await startTenant('other');
  const { qmp } = describeConnection(await driver.call('attach', request), { id: 'gpu', bus: 'rp0' });
  for (const { execute, arguments: args } of qmp?.attach ?? [])
    await assert.rejects(other.monitor.execute(execute, args), /busy/i);
  await other.stop();
  const detaching = driver.call('detach', request, { deadlineMs: 60_000 });
  let hasEnded = false;
  detaching.finally(() => {
    hasEnded = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(hasEnded, false);
  await tenant.stop();
  await detaching;
  assert.equal(await driver.call('status', request), 'detached');
  assert.equal(await driverOf(cards.gpu), 'bochs-drm');
});

test('a machine takes a virtual function, and the host has it back when the machine is gone', async () => {
  const installed = await driver.call('install', installRequest(await deviceWith(cards.nvme)));
  const [first = ''] = handleIds(installed);
  const attached = await driver.call('attach', attachRequest(installed, first));
  const machine = await startTenant('third');
  const { qmp, deviceNodes } = describeConnection(attached, { id: 'vf', bus: 'rp0' });
  for (const { execute, arguments: args } of qmp?.attach ?? []) await machine.monitor.execute(execute, args);
  assert.ok(await machine.holds('vf'));
  const nodes = (await sys.list('/dev/vfio')) ?? [];
  assert.ok(
    deviceNodes.every((node) => nodes.includes(node.slice('/dev/vfio/'.length))),
    deviceNodes.join(),
  );
  await machine.stop();
  await driver.call('detach', attachRequest(installed, first));
  // Whether the host's driver likes a virtual function of this QEMU is left to it.
  assert.notEqual(await driverOf(first), 'vfio-pci');
  assert.equal(await statusVfio(sys, first), 'detached');
  await driver.call('uninstall', installRequest(installed));
});

test('a machine takes a mediated device by the directory that the library names', async (told) => {
  if ((await sys.list('/sys/class/mdev_bus')) === undefined)
    return told.skip('the sample modules were not built');
  const uuid = '4b20d080-1b54-4048-85b3-a6a62d165c01';
  const { group } = await createMdev(sys, { uuid, parent: 'mtty', type: 'mtty-2' });
  const parts = { domain: '0000', bus: '3b', device: '00', function: '0' };
  const attached: AttachmentInfo = { type: 'MDEV', info: { ...parts, uuid, iommu_group: `${group}` } };
  const machine = await startTenant('fourth');
  const { qmp } = describeConnection(attached, { id: 'vgpu', bus: 'rp0' });
  for (const { execute, arguments: args } of qmp?.attach ?? []) await machine.monitor.execute(execute, args);
  assert.ok(await machine.holds('vgpu'));
  await machine.stop();
  await removeMdev(sys, uuid);
});
