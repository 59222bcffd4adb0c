import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  createRealMachine,
  groupBlockers,
  readPciFunction,
  requireViableGroup,
  scanPci,
} from '@cyborgjs/driver-sdk';
import { cards } from '../guest/cards.ts';
import { openDriver } from '../guest/open-driver.ts';
import { deviceAt, handleIds, installRequest } from '../guest/requests.ts';

const sys = createRealMachine();
const found = await scanPci(sys);
const at = (address: string) => found.find((fn) => fn.address === address);

test('reads classes, ids and NUMA nodes as the kernel says them', () => {
  const facts = Object.entries(cards).map(([name, address]) => {
    const fn = at(address);
    return [name, fn?.class, `${fn?.vendor}:${fn?.device}`, fn?.numaNode];
  });
  assert.deepEqual(facts, [
    ['nvme', '010802', '1b36:0010', 0],
    ['gpu', '038000', '1234:1111', 0],
    ['render', '030200', '1af4:1042', 0],
    ['npu', '120000', '1af4:1042', 1],
    ['display', '038000', '1234:1111', null],
    ['sound', '040300', '8086:2668', null],
    ['edu', '00ff00', '1234:11e8', null],
    ['testdev', '00ff00', '1b36:0005', null],
  ]);
});

test('sees the switch above a card, and its link', () => {
  const gpu = at(cards.gpu);
  const downstream = at(gpu?.parent ?? '');
  assert.equal(downstream?.class, '060400');
  assert.equal(at(downstream?.parent ?? '')?.class, '060400');
  assert.deepEqual(gpu?.link, { speed: 2.5, maxSpeed: 2.5, width: 1, maxWidth: 1 });
  assert.equal(at(cards.edu)?.link, undefined);
});

test('sees SR-IOV only where a card has it', () => {
  const withSriov = found.filter((fn) => fn.sriov !== undefined).map(({ address }) => address);
  assert.deepEqual(withSriov, [cards.nvme]);
  assert.deepEqual(at(cards.nvme)?.sriov, { totalVfs: 4, numVfs: 0 });
});

test('sees that two functions of a slot share their group, and no other endpoint does', () => {
  assert.equal(at(cards.display)?.iommuGroup, at(cards.sound)?.iommuGroup);
  const groups = [cards.nvme, cards.display, cards.npu, cards.edu, cards.gpu, cards.render].map(
    (address) => at(address)?.iommuGroup,
  );
  assert.equal(new Set(groups).size, groups.length);
});

test('finds a group with a host driver in it not viable, and says which', async () => {
  assert.deepEqual(await groupBlockers(sys, cards.sound), [{ address: cards.display, driver: 'bochs-drm' }]);
  await assert.rejects(requireViableGroup(sys, cards.sound), {
    code: 'conflict',
    message: /is not viable: 0000:00:05.0 \(bochs-drm\)/,
  });
});

test('leaves out a function that is gone before it is read', async () => {
  const vanishing = {
    ...sys,
    list: async (path: string) => [...((await sys.list(path)) ?? []), '0000:99:00.0'],
  };
  assert.equal((await scanPci(vanishing)).length, found.length);
  assert.equal(await readPciFunction(sys, at(cards.edu)?.address.replace('06', '1e') as never), undefined);
});

const driver = await openDriver('@cyborgjs/driver-pci', {
  devices: [
    { vendor: '1b36', product: '0010', model: 'NVMe' },
    { vendor: '1af4', class: '12', resourceClass: 'CUSTOM_NPU' },
    { vendor: '1234', product: '1111' },
    { address: cards.sound },
  ],
});
after(() => driver.stop());

test('a driver in a process of its own tells the same cards over the wire', async () => {
  const devices = await driver.call('discover', {});
  assert.deepEqual(
    devices.map(({ address, kind, numaNode }) => [address, kind, numaNode]),
    [
      [cards.display, 'GPU', null],
      [cards.sound, 'PCI', null],
      [cards.nvme, 'SSD', 0],
      [cards.gpu, 'GPU', 0],
      [cards.npu, 'AICHIP', 1],
    ],
  );
  assert.deepEqual(handleIds(deviceAt(devices, cards.npu)), [cards.npu]);
  assert.ok(devices.every(({ health }) => health.state === 'ok'));
});

test('it does not offer what is in no viable group, and says why', async () => {
  const sound = deviceAt(await driver.call('discover', {}), cards.sound);
  assert.deepEqual(handleIds(sound), []);
  assert.match(sound.attributes.not_offered ?? '', /is not viable: 0000:00:05.0 \(bochs-drm\)/);
  await assert.rejects(driver.call('install', installRequest(sound)), { code: 'unsupported' });
});
