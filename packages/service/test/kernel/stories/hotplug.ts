import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { bindVfio, createRealMachine, releaseVfio, scanPci, statusVfio } from '@cyborgjs/driver-sdk';
import { cards } from '../guest/cards.ts';
import { openOwnMonitor } from '../guest/monitor.ts';
import { openDriver } from '../guest/open-driver.ts';
import { plugCard, pullCard } from '../guest/plug-card.ts';
import { tellMeasured } from '../guest/tell-measured.ts';
import { timeUntil } from '../guest/time-until.ts';

const sys = createRealMachine();
const monitor = await openOwnMonitor();
const driver = await openDriver('@cyborgjs/driver-pci', { devices: [{ vendor: '1af4', class: '12' }] });
after(async () => {
  await driver.stop();
  monitor.close();
});

const inventory = async () => (await driver.call('discover', {})).map(({ address }) => address);
const accelerators = async () =>
  (await scanPci(sys, { match: { class: '12' } })).map(({ address }) => address);
/** The next look finds what the bus has; how long that took is told with the test, since emulation is slow. */
async function nextInventory(told: TestContext): Promise<string[]> {
  const startedAt = performance.now();
  const found = await inventory();
  tellMeasured(told, `known ${Math.round(performance.now() - startedAt)} ms after it was asked for`);
  return found;
}

test('a card that is plugged is in the next inventory', async (told) => {
  assert.deepEqual(await inventory(), [cards.npu]);
  await plugCard(monitor, 'one', 'slot-acpi');
  await timeUntil(async () => (await accelerators()).length === 2, 20_000);
  assert.equal((await nextInventory(told)).length, 2);
});

test('a card that is pulled is out of the next inventory, and the others stay', async (told) => {
  await pullCard(monitor, 'one');
  await timeUntil(async () => (await accelerators()).length === 1, 30_000);
  assert.deepEqual(await nextInventory(told), [cards.npu]);
});

test('a card that VFIO has can be pulled, and counts as given back', async () => {
  await plugCard(monitor, 'two', 'slot-native');
  await timeUntil(async () => (await accelerators()).length === 2, 30_000);
  const [added = ''] = (await accelerators()).filter((address) => address !== cards.npu);
  const { path } = await bindVfio(sys, added);
  await pullCard(monitor, 'two');
  await timeUntil(async () => (await accelerators()).length === 1, 60_000);
  await releaseVfio(sys, added);
  assert.equal(await statusVfio(sys, added), 'detached');
  assert.ok(!(await sys.list('/dev/vfio'))?.includes(path.slice('/dev/vfio/'.length)));
  assert.deepEqual(await inventory(), [cards.npu]);
});

test('a card that the kernel is told to forget comes back by a scan of the bus', async () => {
  await sys.write(`/sys/bus/pci/devices/${cards.npu}/remove`, '1');
  assert.deepEqual(await inventory(), []);
  await sys.write('/sys/bus/pci/rescan', '1');
  await timeUntil(async () => (await inventory()).length === 1, 20_000);
});
