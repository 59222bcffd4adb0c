import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import {
  admissionIn,
  asker,
  benchHost,
  type ConductorBench,
  openConductorBench,
  operationsIn,
} from '../../test/conductor-bench.ts';
import { newId } from '../../test/test-store.ts';

let bench: ConductorBench;
let device: string;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
  await bench.report([aDevice()]);
  device = (await bench.device()).id;
  await bench.commands();
});
afterEach(() => bench.end());

async function makeReady() {
  const { id } = await bench.conductor.makeDeviceReady({ device, ...asker });
  await bench.answer(id, { kind: 'succeeded', result: {} });
  await bench.commands();
}
const enable = (enabled: boolean, more = {}) =>
  bench.conductor.setDeviceEnabled({ device, enabled, ...asker, ...more });
const theCard = { driver: 'gpu', identity: 'GPU-1' };

describe('opening and closing a device', () => {
  it('changes its state and tells the agent the whole open set under a higher number', async () => {
    await makeReady();
    expect(await enable(false)).toMatchObject({ state: 'disabled' });
    const closed = admissionIn(await bench.commands());
    expect(closed?.open).toEqual([]);
    expect(await enable(true)).toMatchObject({ state: 'ready' });
    const opened = admissionIn(await bench.commands());
    expect(opened?.open).toEqual([theCard]);
    expect(opened?.revision).toBeGreaterThan(closed?.revision ?? Number.POSITIVE_INFINITY);
  });

  it('twice changes nothing', async () => {
    await makeReady();
    const first = await enable(false);
    await bench.commands();
    expect(await enable(false)).toEqual(first);
    expect(await bench.commands()).toEqual([]);
  });

  it('is refused for a device that is not installed', async () => {
    await expect(enable(true)).rejects.toMatchObject({ code: 'state.not_allowed' });
    await expect(enable(false)).rejects.toMatchObject({ code: 'state.not_allowed' });
    await expect(enable(true, { device: newId() })).rejects.toMatchObject({ code: 'device.not_found' });
  });

  it('is refused when the device has moved on since it was read', async () => {
    await makeReady();
    const { version } = await bench.device();
    await expect(enable(false, { ifVersion: version - 1 })).rejects.toMatchObject({
      code: 'version.changed',
    });
    await expect(enable(false, { ifVersion: version })).resolves.toMatchObject({ version: version + 1 });
  });

  it('numbers its sets higher than the clock of a store that was lost', async () => {
    await makeReady();
    const { admitRevision } = await bench.store.hosts.get(benchHost);
    expect(admitRevision).toBeGreaterThanOrEqual(bench.clock.now());
  });
});

describe('uninstalling a device', () => {
  const uninstall = () => bench.conductor.uninstallDevice({ device, ...asker });

  it('closes it first, then takes it back to where it was found', async () => {
    await makeReady();
    const { id } = await uninstall();
    const commands = await bench.commands();
    expect(commands.map(({ kind }) => kind)).toEqual(['admit', 'operation']);
    expect(admissionIn(commands)?.open).toEqual([]);
    await bench.answer(id, { kind: 'succeeded', result: {} });
    expect((await bench.device()).state).toBe('discovered');
  });

  it('leaves a device that would not come apart closed, with the reason', async () => {
    await makeReady();
    const { id } = await uninstall();
    await bench.answer(id, {
      kind: 'failed',
      retry: 'never',
      error: { code: 'driver.in_use', message: 'VFs are in use' },
    });
    expect(await bench.device()).toMatchObject({ state: 'install_failed', stateReason: 'VFs are in use' });
  });

  it('is refused while a consumer holds a part of it', async () => {
    await makeReady();
    const handle = (await bench.device()).deployables[0]?.handles[0]?.uuid ?? newId();
    const holder = { kind: 'attachment', id: newId() } as const;
    await bench.store.transaction(({ deployables }) => deployables.holdHandle(handle, holder));
    await expect(uninstall()).rejects.toMatchObject({ code: 'device.in_use' });
    expect((await bench.device()).state).toBe('ready');
    expect(await bench.commands()).toEqual([]);
  });

  it('is refused for a device that is not installed', async () => {
    await expect(uninstall()).rejects.toMatchObject({ code: 'state.not_allowed' });
  });
});

describe('asking a host to look again', () => {
  it('sends one command to its agent, for one driver or all', async () => {
    const all = await bench.conductor.requestDiscover({ host: benchHost, ...asker });
    await bench.conductor.requestDiscover({ host: benchHost, driver: 'gpu', ...asker });
    const commands = operationsIn(await bench.commands());
    expect(commands.map(({ verb, driver, device: target }) => ({ verb, driver, target }))).toEqual([
      { verb: 'discover', driver: null, target: null },
      { verb: 'discover', driver: 'gpu', target: null },
    ]);
    await bench.answer(all.id, { kind: 'succeeded', result: {} });
    expect((await bench.store.operations.get(all.id)).state).toBe('succeeded');
    expect((await bench.device()).state).toBe('discovered');
  });

  it('is refused for a host or driver that nobody knows', async () => {
    const host = bench.conductor.requestDiscover({ host: 'nope', ...asker });
    await expect(host).rejects.toMatchObject({ code: 'host.not_found' });
    const driver = bench.conductor.requestDiscover({ host: benchHost, driver: 'nope', ...asker });
    await expect(driver).rejects.toMatchObject({
      code: 'driver.not_found',
      message: expect.stringContaining('gpu'),
    });
  });
});

describe('device profiles', () => {
  const create = (name: string) =>
    bench.conductor.createDeviceProfile({
      name,
      description: null,
      groups: [{ 'resources:PGPU': '1', 'accel:x': null }],
    });

  it('are kept under their name until they are removed', async () => {
    const { id } = await create('gold');
    expect(await bench.store.deviceProfiles.findByName('gold')).toMatchObject({
      id,
      groups: [{ 'resources:PGPU': '1', 'accel:x': null }],
    });
    await expect(create('gold')).rejects.toMatchObject({ code: 'device_profile.exists' });
    await bench.conductor.deleteDeviceProfiles([id]);
    expect(await bench.store.deviceProfiles.find(id)).toBeUndefined();
  });

  it('are removed all or none', async () => {
    const { id } = await create('gold');
    const both = bench.conductor.deleteDeviceProfiles([id, newId()]);
    await expect(both).rejects.toMatchObject({ code: 'device_profile.not_found' });
    expect(await bench.store.deviceProfiles.find(id)).toBeDefined();
  });
});

it('an attribute needs a deployable, and a removal an attribute', async () => {
  const orphan = bench.conductor.createAttribute({ deployableNumber: 999, key: 'trait0', value: 'CUSTOM_X' });
  await expect(orphan).rejects.toMatchObject({ code: 'deployable.not_found' });
  await expect(bench.conductor.deleteAttribute(newId())).rejects.toMatchObject({
    code: 'attribute.not_found',
  });
});
