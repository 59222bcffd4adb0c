import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { after, test } from 'node:test';
import {
  bindVfio,
  createRealMachine,
  errnoOf,
  readResetMethods,
  readVfioBinding,
  releaseVfio,
  resetFunction,
  statusVfio,
} from '@cyborgjs/driver-sdk';
import { cards } from '../guest/cards.ts';
import { openDriver } from '../guest/open-driver.ts';
import { attachRequest, deviceAt } from '../guest/requests.ts';

const sys = createRealMachine();
const driverOf = (address: string) => sys.link(`/sys/bus/pci/devices/${address}/driver`);
const errnoOfWrite = (path: string, text: string) => sys.write(path, text).then(() => undefined, errnoOf);

for (const [name, address, own] of [
  ['an NVMe', cards.nvme, 'nvme'],
  ['a GPU', cards.gpu, 'bochs-drm'],
  ['an accelerator', cards.npu, 'virtio-pci'],
  ['a card without a driver', cards.edu, undefined],
] as const) {
  test(`${name} goes to VFIO and comes back to its driver`, async () => {
    assert.equal(await driverOf(address), own);
    const { path } = await bindVfio(sys, address);
    assert.equal(await statusVfio(sys, address), 'attached');
    const node = openSync(path, 'r+');
    assert.throws(() => openSync(path, 'r+'), { code: 'EBUSY' });
    closeSync(node);
    await bindVfio(sys, address);
    await releaseVfio(sys, address);
    assert.equal(await statusVfio(sys, address), 'detached');
    assert.equal(await driverOf(address), own);
    assert.equal((await readVfioBinding(sys, address))?.override, undefined);
    assert.ok(!(await sys.list('/dev/vfio'))?.includes(path.slice('/dev/vfio/'.length)));
  });
}

test('the sound of a slot goes with the display beside it, and comes back with it', async () => {
  assert.deepEqual(
    [await driverOf(cards.display), await driverOf(cards.sound)],
    ['bochs-drm', 'snd_hda_intel'],
  );
  await bindVfio(sys, cards.display);
  assert.deepEqual([await driverOf(cards.display), await driverOf(cards.sound)], ['vfio-pci', 'vfio-pci']);
  assert.equal(await statusVfio(sys, cards.display), 'attached');
  await releaseVfio(sys, cards.display);
  assert.deepEqual(
    [await driverOf(cards.display), await driverOf(cards.sound)],
    ['bochs-drm', 'snd_hda_intel'],
  );
});

test('the kernel refuses bindings as the simulated one does', async () => {
  const bind = '/sys/bus/pci/drivers/vfio-pci/bind';
  assert.equal(await errnoOfWrite(bind, '0000:99:00.0'), 'ENODEV');
  assert.equal(await errnoOfWrite(bind, cards.edu), 'ENODEV');
  assert.equal(await errnoOfWrite('/sys/bus/pci/drivers/nvme/unbind', cards.edu), 'ENODEV');
  assert.equal(await errnoOfWrite('/sys/bus/pci/drivers_probe', '0000:99:00.0'), 'ENODEV');
  const override = `/sys/bus/pci/devices/${cards.edu}/driver_override`;
  await sys.write(override, 'no-such-driver');
  assert.equal(await errnoOfWrite('/sys/bus/pci/drivers_probe', cards.edu), undefined);
  assert.equal(await driverOf(cards.edu), undefined);
  await sys.write(override, '\n');
  assert.equal(await sys.read(override), '(null)\n');
  await sys.write(`/sys/bus/pci/devices/${cards.nvme}/driver_override`, 'vfio-pci');
  assert.equal(await errnoOfWrite(bind, cards.nvme), 'EBUSY');
  await releaseVfio(sys, cards.nvme);
});

test('a function is reset in the ways it has, and not while the host uses it', async () => {
  assert.deepEqual(await readResetMethods(sys, cards.nvme), ['flr', 'bus']);
  await assert.rejects(resetFunction(sys, cards.nvme), { code: 'busy' });
  await bindVfio(sys, cards.nvme);
  await resetFunction(sys, cards.nvme);
  await resetFunction(sys, cards.nvme, { method: 'bus' });
  assert.deepEqual(await readResetMethods(sys, cards.nvme), ['flr', 'bus']);
  await assert.rejects(resetFunction(sys, cards.nvme, { method: 'pm' }), { code: 'unsupported' });
  await releaseVfio(sys, cards.nvme);
  assert.equal(await driverOf(cards.nvme), 'nvme');
});

const driver = await openDriver('@cyborgjs/driver-pci', {
  devices: [{ vendor: '1234' }, { address: cards.sound }],
});
after(() => driver.stop());

test('the driver attaches by its own process, within its permissions, and detaches', async () => {
  const gpu = deviceAt(await driver.call('discover', {}), cards.gpu);
  const request = attachRequest(gpu, cards.gpu);
  const first = await driver.call('attach', request);
  assert.deepEqual(await driver.call('attach', request), first);
  assert.equal(await driver.call('status', request), 'attached');
  await driver.call('detach', request);
  await driver.call('detach', request);
  assert.equal(await driver.call('status', request), 'detached');
  assert.equal(await driverOf(cards.gpu), 'bochs-drm');
});

test('the driver refuses to attach from a group that is not viable, before the first write', async () => {
  const sound = deviceAt(await driver.call('discover', {}), cards.sound);
  await assert.rejects(driver.call('attach', attachRequest(sound, cards.sound)), { code: 'conflict' });
  assert.equal((await readVfioBinding(sys, cards.sound))?.override, undefined);
});
