import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  bindVfio,
  createRealMachine,
  errnoOf,
  type PciFunction,
  readPciFunction,
  releaseVfio,
  setVfCount,
  statusVfio,
} from '@cyborgjs/driver-sdk';
import { cards } from '../guest/cards.ts';
import { openDriver } from '../guest/open-driver.ts';
import { attachRequest, deviceAt, handleIds, installRequest } from '../guest/requests.ts';

const sys = createRealMachine();
const numvfs = `/sys/bus/pci/devices/${cards.nvme}/sriov_numvfs`;
const read = async (address: string) =>
  (await readPciFunction(sys, address as PciFunction['address'])) as PciFunction;
const errnoOfWrite = (text: string) => sys.write(numvfs, text).then(() => undefined, errnoOf);

test('the kernel refuses counts as the simulated one does', async () => {
  assert.equal(await errnoOfWrite('many'), 'EINVAL');
  assert.equal(await errnoOfWrite('5'), 'ERANGE');
  assert.equal(await errnoOfWrite('65536'), 'EINVAL');
  assert.equal(await errnoOfWrite('0'), undefined);
});

test('virtual functions come in groups of their own, with links both ways', async () => {
  const { virtfns } = await setVfCount(sys, cards.nvme, 4);
  assert.equal(virtfns.length, 4);
  const functions = await Promise.all(virtfns.map(read));
  assert.ok(functions.every((fn) => fn.physfn === cards.nvme && fn.link === undefined && fn.numaNode === 0));
  assert.equal(new Set(functions.map((fn) => fn.iommuGroup)).size, 4);
  assert.equal(await errnoOfWrite('2'), 'EBUSY');
  assert.equal(await errnoOfWrite('4'), undefined);
});

test('a virtual function goes to VFIO while the physical one stays with its driver', async () => {
  const { virtfns } = await read(cards.nvme);
  const [, second = ''] = virtfns;
  const { path } = await bindVfio(sys, second);
  assert.equal(await statusVfio(sys, second), 'attached');
  assert.equal((await read(cards.nvme)).driver, 'nvme');
  assert.ok((await sys.list('/dev/vfio'))?.includes(path.slice('/dev/vfio/'.length)));
  await assert.rejects(setVfCount(sys, cards.nvme, 2), { code: 'in_use' });
  await assert.rejects(bindVfio(sys, cards.nvme), { code: 'busy' });
  await releaseVfio(sys, second);
  assert.equal(await statusVfio(sys, second), 'detached');
});

test('the count goes from any to any, and to none', async () => {
  for (const count of [2, 3, 0]) {
    const fn = await setVfCount(sys, cards.nvme, count);
    assert.deepEqual([fn.sriov?.numVfs, fn.virtfns.length], [count, count]);
  }
});

test('no count can be had without the driver of the physical function, or on VFIO', async () => {
  await sys.write('/sys/bus/pci/drivers/nvme/unbind', cards.nvme);
  assert.equal(await errnoOfWrite('2'), 'ENOENT');
  await assert.rejects(setVfCount(sys, cards.nvme, 2), { code: 'unsupported' });
  await bindVfio(sys, cards.nvme);
  assert.equal(await errnoOfWrite('2'), 'ENOENT');
  await releaseVfio(sys, cards.nvme);
  assert.equal((await read(cards.nvme)).driver, 'nvme');
});

const driver = await openDriver('@cyborgjs/driver-pci', {
  devices: [{ vendor: '1b36', product: '0010', virtualFunctions: 2 }],
});
after(() => driver.stop());
const nvme = async () => deviceAt(await driver.call('discover', {}), cards.nvme);

test('the driver makes them by profile, gives them out, and takes them back', async () => {
  assert.deepEqual(handleIds(await nvme()), [cards.nvme]);
  const installed = await driver.call('install', installRequest(await nvme(), 'vfs-3'));
  assert.equal(handleIds(installed).length, 3);
  const [first = ''] = handleIds(installed);
  const request = attachRequest(installed, first);
  const { info } = await driver.call('attach', request);
  assert.equal(info.iommu_group, `${(await read(first)).iommuGroup}`);
  await assert.rejects(driver.call('install', installRequest(installed, 'whole')), { code: 'in_use' });
  await assert.rejects(driver.call('uninstall', installRequest(installed)), { code: 'in_use' });
  await driver.call('detach', request);
  await driver.call('uninstall', installRequest(installed));
  assert.deepEqual(handleIds(await nvme()), [cards.nvme]);
});
