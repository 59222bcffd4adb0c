import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import {
  createMdev,
  createRealMachine,
  errnoOf,
  listMdevs,
  readMdev,
  readMdevTypes,
  removeMdev,
} from '@cyborgjs/driver-sdk';

/** The kernel's own sample, a card of serial ports; two ports of 24 make one of the second type. */
const parent = 'mtty';
const sys = createRealMachine();
const uuid = (last: number): string =>
  `4b20d080-1b54-4048-85b3-a6a62d165c${last.toString(16).padStart(2, '0')}`;
const create = (type: string, text: string) =>
  sys
    .write(`/sys/class/mdev_bus/${parent}/mdev_supported_types/${type}/create`, text)
    .then(() => undefined, errnoOf);
const available = async () => (await readMdevTypes(sys, parent))?.map((type) => type.available);

test('the types of a parent are read', async () => {
  const types = await readMdevTypes(sys, parent);
  assert.deepEqual(
    types?.map(({ id, deviceApi }) => [id, deviceApi]),
    [
      ['mtty-1', 'vfio-pci'],
      ['mtty-2', 'vfio-pci'],
    ],
  );
  assert.deepEqual(await available(), [24, 12]);
});

test('a mediated device is made once, has its group and its node, and is removed', async () => {
  const wanted = { uuid: uuid(1), parent, type: 'mtty-2' };
  const made = await createMdev(sys, wanted);
  assert.deepEqual(await createMdev(sys, wanted), made);
  assert.deepEqual(await listMdevs(sys, parent), [wanted.uuid]);
  assert.deepEqual(await available(), [22, 11]);
  closeSync(openSync(`/dev/vfio/${made.group}`, 'r+'));
  await removeMdev(sys, wanted.uuid);
  await removeMdev(sys, wanted.uuid);
  assert.equal(await readMdev(sys, wanted.uuid), undefined);
  assert.deepEqual(await available(), [24, 12]);
});

test('the kernel refuses to make what the simulated one refuses', async () => {
  assert.equal(await create('mtty-1', 'no uuid'), 'EINVAL');
  assert.equal(await create('mtty-1', `${uuid(2)}\n`), undefined);
  assert.equal(await create('mtty-1', uuid(2)), 'EEXIST');
  assert.equal(await create('mtty-2', uuid(2).toUpperCase()), 'EEXIST');
  await assert.rejects(createMdev(sys, { uuid: uuid(2), parent, type: 'mtty-2' }), { code: 'conflict' });
  await removeMdev(sys, uuid(2));
});

test('a parent makes no more than it has', async () => {
  const made = Array.from({ length: 12 }, (_, at) => uuid(0x10 + at));
  for (const one of made) await createMdev(sys, { uuid: one, parent, type: 'mtty-2' });
  assert.deepEqual(await available(), [0, 0]);
  assert.equal(await create('mtty-1', uuid(3)), 'ENOSPC');
  await assert.rejects(createMdev(sys, { uuid: uuid(3), parent, type: 'mtty-1' }), { code: 'busy' });
  for (const one of made) await removeMdev(sys, one);
});

test('mediated devices go with the driver of their parent', async () => {
  await createMdev(sys, { uuid: uuid(1), parent, type: 'mtty-1' });
  execFileSync('/sbin/rmmod', ['mtty']);
  assert.equal(await readMdev(sys, uuid(1)), undefined);
  await removeMdev(sys, uuid(1));
  await assert.rejects(createMdev(sys, { uuid: uuid(1), parent, type: 'mtty-1' }), { code: 'not_found' });
});
