import type { Trait } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import {
  admissionIn,
  asker,
  benchHost,
  type ConductorBench,
  noPlacement,
  openConductorBench,
} from '../../test/conductor-bench.ts';
import { newId } from '../../test/test-store.ts';

let bench: ConductorBench;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
});
afterEach(() => bench.end());

const failure = {
  code: 'unavailable',
  message: 'nvidia-smi does not answer',
  retry: 'now',
  causes: [],
} as const;
const fail = (sequence: number) =>
  bench.tell({
    kind: 'report',
    report: {
      driver: 'gpu',
      sequence,
      observedAt: 0,
      outcome: { kind: 'failure', failure: { ...failure, causes: [] } },
    },
  });
const types = async () => (await bench.store.events.list({ after: 0, limit: 1000 })).map(({ type }) => type);
const gpuDriver = () => bench.store.hosts.findDriver(benchHost, 'gpu');

/** Makes the only device ready, as an operator and an agent would. */
async function makeReady() {
  const { id } = await bench.device();
  const operation = await bench.conductor.makeDeviceReady({ device: id, ...asker });
  await bench.answer(operation.id, { kind: 'succeeded', result: {} });
}

describe('an inventory', () => {
  it('shows what was found, waiting for an operator', async () => {
    await bench.report([aDevice()]);
    const device = await bench.device();
    expect(device).toMatchObject({
      ...{
        host: benchHost,
        driver: 'gpu',
        identity: 'GPU-1',
        state: 'discovered',
        stale: false,
        simulated: false,
      },
      deployables: [{ name: '0000:83:00.0', total: 1, providerId: null, present: true }],
    });
    expect(device.deployables[0]?.attributes.map(({ key, value }) => [key, value])).toEqual([
      ['rc', 'PGPU'],
      ['trait0', 'CUSTOM_GPU_NVIDIA'],
      ['trait1', 'OWNER_CYBORG'],
    ]);
    expect(await types()).toEqual(['host.up', 'device.discovered']);
  });

  it('is dropped when it is not newer than the one before, in this run of the agent or an earlier one', async () => {
    await bench.report([aDevice()], { sequence: 5 });
    await bench.report([], { sequence: 5 });
    await bench.report([], { sequence: 4 });
    expect((await bench.device()).state).toBe('discovered');
    await bench.report([], { agentRun: 2, sequence: 1 });
    expect((await bench.device()).state).toBe('gone');
    await bench.report([aDevice()], { agentRun: 1, sequence: 99 });
    expect((await bench.device()).state).toBe('gone');
  });

  it('concerns its own driver and host only', async () => {
    await bench.report([aDevice()]);
    await bench.report([], { driver: 'fpga' });
    await bench.tell({ kind: 'report', host: 'compute2', report: { ...emptyReport, sequence: 1 } });
    expect((await bench.device()).state).toBe('discovered');
  });

  it('tells what changed and how a device feels', async () => {
    await bench.report([aDevice()]);
    await bench.report([
      aDevice({ health: { state: 'failed', reason: 'Xid 79' }, model: 'NVIDIA H200 NVL' }),
    ]);
    const events = await bench.store.events.list({ after: 2, limit: 10 });
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'device.health', data: { from: 'ok', to: 'failed', reason: 'Xid 79' } },
      { type: 'device.changed', data: { changed: ['model'] } },
    ]);
  });

  it('is noted where it says that a device feels otherwise, and only there', async () => {
    const felt = async () => (await bench.store.deviceHealth.list((await bench.device()).id)).items;
    const failed = aDevice({ health: { state: 'failed', reason: 'Xid 79' } });
    for (const found of [aDevice(), aDevice(), failed, failed, { ...failed, model: 'B' }, aDevice()]) {
      bench.clock.advance(1_000);
      await bench.report([found]);
    }
    expect(await felt()).toMatchObject([
      { state: 'ok', since: '2026-01-01T00:00:06.000Z', until: null },
      { state: 'failed', reason: 'Xid 79', since: '2026-01-01T00:00:03.000Z' },
      { state: 'ok', since: '2026-01-01T00:00:01.000Z', until: '2026-01-01T00:00:03.000Z' },
    ]);
  });

  it('that names a handle twice costs that handle, not the report', async () => {
    await bench.report([
      aDevice({ deployables: [aDeployable('d1', { handles: [aHandle('h1'), aHandle('h1')] })] }),
    ]);
    expect((await bench.device()).deployables[0]?.total).toBe(1);
  });

  it('takes away an attribute that an operator added and brings back one that was removed', async () => {
    await bench.report([aDevice()]);
    const [deployable] = (await bench.device()).deployables;
    await bench.conductor.createAttribute({
      deployableNumber: deployable?.number ?? 0,
      key: 'trait9',
      value: 'CUSTOM_X',
    });
    await bench.conductor.deleteAttribute(deployable?.attributes[1]?.id ?? '');
    await bench.report([aDevice()]);
    const attributes = await bench.store.attributes.list({ deployableNumber: deployable?.number });
    expect(attributes.map(({ key }) => key).sort()).toEqual(['rc', 'trait0', 'trait1']);
  });

  it('moves the attributes with the traits', async () => {
    await bench.report([aDevice()]);
    await bench.report([
      aDevice({ deployables: [aDeployable(undefined, { traits: ['CUSTOM_B'] as Trait[] })] }),
    ]);
    const attributes = await bench.store.attributes.list({ key: 'trait0' });
    expect(attributes.map(({ value }) => value)).toEqual(['CUSTOM_B']);
    expect(await bench.store.attributes.list()).toHaveLength(2);
  });
});

describe('a failure', () => {
  it('keeps the inventory, marks it stale and says why; a good report mends that', async () => {
    await bench.report([aDevice()], { sequence: 1 });
    await fail(2);
    expect(await bench.device()).toMatchObject({ state: 'discovered', stale: true, health: { state: 'ok' } });
    expect(await gpuDriver()).toMatchObject({ stale: true, failure, devices: 1 });
    await fail(3);
    await bench.report([aDevice()], { sequence: 4 });
    expect(await bench.device()).toMatchObject({ stale: false });
    expect(await gpuDriver()).toMatchObject({ stale: false, failure: null });
    expect(await types()).toEqual(['host.up', 'device.discovered', 'driver.failed', 'driver.recovered']);
  });

  it('that is older than the last inventory says nothing any more', async () => {
    await bench.report([aDevice()], { sequence: 2 });
    await fail(1);
    expect(await gpuDriver()).toMatchObject({ stale: false, failure: null });
  });
});

describe('a device that vanishes', () => {
  it('is shown as gone, closes, and takes up its state when it returns', async () => {
    await bench.report([aDevice()]);
    await makeReady();
    expect(admissionIn(await bench.commands())?.open).toEqual([{ driver: 'gpu', identity: 'GPU-1' }]);

    await bench.report([]);
    expect(await bench.device()).toMatchObject({ state: 'gone', stateBeforeGone: 'ready' });
    expect(admissionIn(await bench.commands())?.open).toEqual([]);
    expect((await bench.store.hosts.get(benchHost)).devices).toBe(0);

    await bench.report([aDevice({ address: '0000:84:00.0' })]);
    expect(await bench.device()).toMatchObject({
      state: 'ready',
      stateBeforeGone: null,
      goneAt: null,
      address: '0000:84:00.0',
    });
    expect(admissionIn(await bench.commands())?.open).toEqual([{ driver: 'gpu', identity: 'GPU-1' }]);
  });

  it('sends nothing when it was not open', async () => {
    await bench.report([aDevice()]);
    await bench.commands();
    await bench.report([]);
    expect(await bench.commands()).toEqual([]);
  });

  it('is still there while it is being installed: a card may leave the bus for that', async () => {
    await bench.report([aDevice()]);
    const { id } = await bench.device();
    const operation = await bench.conductor.makeDeviceReady({ device: id, ...asker });
    await bench.report([]);
    expect((await bench.device()).state).toBe('installing');
    await bench.answer(operation.id, { kind: 'succeeded', result: {} });
    expect((await bench.device()).state).toBe('ready');
    await bench.report([]);
    expect((await bench.device()).state).toBe('gone');
  });
});

describe('what consumers or Placement hold', () => {
  const holder = { kind: 'attachment', id: newId() } as const;
  const twoHandles = aDevice({
    deployables: [aDeployable('d1', { handles: [aHandle('h1'), aHandle('h2')] })],
  });

  async function hold(id: string) {
    const handle = (await bench.device()).deployables[0]?.handles.find((one) => one.id === id);
    if (handle === undefined) throw new Error(`no handle ${id}`);
    await bench.store.transaction(({ deployables }) => deployables.holdHandle(handle.uuid, holder));
  }
  const release = () => bench.store.transaction(({ deployables }) => deployables.releaseHandle(holder));

  it('keeps a handle that is no longer reported until it is free', async () => {
    await bench.report([twoHandles]);
    await hold('h2');
    const without = aDevice({ deployables: [aDeployable('d1', { handles: [aHandle('h1')] })] });
    await bench.report([without]);
    const [kept] = (await bench.device()).deployables;
    expect(kept).toMatchObject({
      total: 1,
      handles: [
        { id: 'h1', present: true },
        { id: 'h2', present: false, inUse: true },
      ],
    });
    await release();
    await bench.report([without]);
    expect((await bench.device()).deployables[0]?.handles.map(({ id }) => id)).toEqual(['h1']);
  });

  it('keeps a deployable that is no longer reported until nothing of it is held', async () => {
    await bench.report([twoHandles]);
    await hold('h2');
    await bench.report([aDevice({ deployables: [] })]);
    expect((await bench.device()).deployables).toMatchObject([
      { name: 'd1', present: false, total: 0, handles: [{ id: 'h2', present: false }] },
    ]);
    await release();
    await bench.report([aDevice({ deployables: [] })]);
    expect((await bench.device()).deployables).toEqual([]);
  });

  it('keeps a deployable whose provider Placement retains', async () => {
    await bench.report([twoHandles]);
    await bench.tell({
      kind: 'heartbeat',
      placement: { ...noPlacement, enabled: true, retained: [`${benchHost}_d1`] },
    });
    await bench.report([aDevice({ deployables: [] })]);
    expect((await bench.device()).deployables).toMatchObject([{ name: 'd1', present: false, handles: [] }]);
    await bench.tell({ kind: 'heartbeat' });
    await bench.report([aDevice({ deployables: [] })]);
    expect((await bench.device()).deployables).toEqual([]);
  });
});

const emptyReport = { driver: 'gpu', observedAt: 0, outcome: { kind: 'inventory' as const, devices: [] } };
