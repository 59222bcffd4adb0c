import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Device, type HeldAttachment, Operation, pageOf } from '@cyborgjs/core';
import { createRealMachine, scanPci, statusVfio } from '@cyborgjs/driver-sdk';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import {
  endKillableServices,
  type KillableService,
  startKillableService,
} from '../../crash/killable-service.ts';
import { until } from '../../until.ts';
import { cards } from '../guest/cards.ts';
import { openOwnMonitor } from '../guest/monitor.ts';
import { plugCard, pullCard } from '../guest/plug-card.ts';
import { tellMeasured } from '../guest/tell-measured.ts';
import { timeUntil } from '../guest/time-until.ts';

// Children inherit the flags of their parent: the service is no test.
process.execArgv = [];

const sys = createRealMachine();
const stateDir = '/var/lib/cyborg';
const configFile = '/tmp/cyborg.json';
const patience = 120_000;
/** On a real machine; an emulated one is some ten times as slow. */
const soonMs = 2000;
mkdirSync(stateDir, { recursive: true });
const devices = [
  { vendor: '1b36', product: '0010', virtualFunctions: 2 },
  { vendor: '1af4', class: '12' },
];
const drivers = [{ package: '@cyborgjs/driver-pci', config: { devices } }];
writeFileSync(
  configFile,
  JSON.stringify({
    stateDir,
    api: { listen: { port: 0 } },
    agent: { driverPatience: 10, hosts: [{ name: 'guest', machine: { kind: 'real' }, drivers }] },
  }),
);
after(() => endKillableServices());

const driverOf = (address: string) => sys.link(`/sys/bus/pci/devices/${address}/driver`);
const held = async (): Promise<readonly HeldAttachment[]> =>
  (await listHeldAttachments(createFileRecords(`${stateDir}/agents/guest`))).attachments;

async function deviceAt(service: KillableService, address: string): Promise<Device> {
  return until(
    `a device at ${address}`,
    async () =>
      (await service.ask('/v3/devices', pageOf(Device))).items.find((device) => device.address === address),
    patience,
  );
}

async function start(service: KillableService, verb: 'attach' | 'detach', address: string): Promise<string> {
  const device = await deviceAt(service, address);
  const consumer = { type: 'host', id: 'vm-1', via: 'direct' };
  const given = { handle: { id: address, type: 'PCI' }, consumer };
  return service.start({ verb, device: device.id, arguments: given, key: `${verb}-${address}` });
}

async function finish(service: KillableService, id: string): Promise<Operation> {
  return until(
    'the end of an operation',
    async () => {
      const operation = await service.ask(`/v3/operations/${id}`, Operation);
      return operation.endedAt === null ? undefined : operation;
    },
    patience,
  );
}

let service: KillableService;

test('the service starts on the real machine, its driver in a process of its own, and knows the cards', async () => {
  service = await startKillableService(configFile);
  const npu = await deviceAt(service, cards.npu);
  assert.equal(npu.kind, 'AICHIP');
  assert.equal(npu.numaNode, 1);
  assert.equal((await deviceAt(service, cards.nvme)).deployables[0]?.handles.length, 1);
});

test('the agent binds and gives back by commands', async () => {
  const attached = await finish(service, await start(service, 'attach', cards.npu));
  assert.equal(attached.state, 'succeeded', JSON.stringify(attached));
  assert.equal(await statusVfio(sys, cards.npu), 'attached');
  assert.equal((await held()).length, 1);
  const detached = await finish(service, await start(service, 'detach', cards.npu));
  assert.equal(detached.state, 'succeeded', JSON.stringify(detached));
  assert.equal(await driverOf(cards.npu), 'virtio-pci');
  assert.deepEqual(await held(), []);
});

test('killed between the binding and its answer, it comes to the same end after its restart', async () => {
  // Override, unbind, bind: the third write is the binding.
  await service.watch({ place: 'seam.write:after', time: 3 });
  const id = await start(service, 'attach', cards.nvme);
  assert.equal(await service.ended, true);
  assert.equal(await driverOf(cards.nvme), 'vfio-pci');
  service = await startKillableService(configFile);
  const operation = await finish(service, id);
  assert.equal(operation.state, 'succeeded', JSON.stringify(operation));
  assert.equal(await statusVfio(sys, cards.nvme), 'attached');
  const attachments = await held();
  assert.deepEqual(
    attachments.map(({ state, consumer }) => [state, consumer.id]),
    [['attached', 'vm-1']],
  );
});

test('killed while it gives back, it comes to the end of that too', async () => {
  await service.watch({ place: 'seam.write:after', time: 2 });
  const id = await start(service, 'detach', cards.nvme);
  assert.equal(await service.ended, true);
  service = await startKillableService(configFile);
  assert.equal((await finish(service, id)).state, 'succeeded');
  assert.equal(await driverOf(cards.nvme), 'nvme');
  assert.equal(await statusVfio(sys, cards.nvme), 'detached');
  assert.deepEqual(await held(), []);
});

test('a card that comes or goes is known to the service soon after the kernel knows it', async (told) => {
  const plugged = async () =>
    (await scanPci(sys, { match: { class: '12' } })).find(({ address }) => address !== cards.npu)?.address;
  const listed = async (address: string) =>
    (await service.ask('/v3/devices', pageOf(Device))).items.some(
      (device) => device.address === address && device.state !== 'gone',
    );
  const monitor = await openOwnMonitor();
  after(() => monitor.close());
  await plugCard(monitor, 'late', 'slot-acpi');
  const address = await until('the kernel knows the card', plugged, patience);
  const comesMs = await timeUntil(() => listed(address), 10 * soonMs);
  await pullCard(monitor, 'late');
  await until('the kernel has forgotten it', async () => (await plugged()) === undefined, patience);
  const goesMs = await timeUntil(async () => !(await listed(address)), 10 * soonMs);
  assert.ok(await listed(cards.npu));
  tellMeasured(told, `it came ${comesMs} ms and went ${goesMs} ms after the kernel had seen it`);
  await service.stop();
});
