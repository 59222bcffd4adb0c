import { afterEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice } from '../../test/a-discovered-device.ts';
import {
  admissionIn,
  asker,
  benchHost,
  type ConductorBench,
  openConductorBench,
  operationsIn,
} from '../../test/conductor-bench.ts';
import { suiteName, testDatabases } from '../../test/test-store.ts';
import type { AutoReadyRule } from './auto-ready.ts';

let bench: ConductorBench;
afterEach(() => bench.end());

const anyGpu: AutoReadyRule = { driver: 'gpu' };

async function openBench(...autoReady: AutoReadyRule[]): Promise<void> {
  bench = await openConductorBench(undefined, { autoReady });
  await bench.tell({ kind: 'hello' });
}

const operations = async () => (await bench.store.operations.list()).items;
const installs = async () => (await operations()).filter(({ verb }) => verb === 'install');
const latest = async () => (await operations())[0]?.id ?? '';
const succeed = async () => bench.answer(await latest(), { kind: 'succeeded', result: {} });
const devices = async () => (await bench.store.devices.list()).items;

describe.each(testDatabases)('on $kind', (database) => {
  it.skipIf(database.missing !== undefined)(
    suiteName('a rule has a new device installed as an operator would', database),
    async () => {
      const rule = { model: 'nvidia*', profile: 'vf-4', options: { numvfs: '4' } };
      bench = await openConductorBench(database, { autoReady: [{ driver: 'fpga' }, rule] });
      await bench.tell({ kind: 'hello' });
      await bench.report([aDevice()]);
      expect(await installs()).toMatchObject([
        { state: 'pending', requestedBy: 'rule:2', deviceId: (await bench.device()).id },
      ]);
      expect((await bench.device()).state).toBe('installing');
      expect(operationsIn(await bench.commands())).toMatchObject([
        { verb: 'install', arguments: { profile: 'vf-4', options: { numvfs: '4' } } },
      ]);
      await succeed();
      expect((await bench.device()).state).toBe('ready');
      expect(admissionIn(await bench.commands())?.open).toHaveLength(1);
    },
  );
});

describe('a new device', () => {
  it('waits for an operator when no rule fits', async () => {
    await openBench({ driver: 'gpu', host: 'other' }, { trait: 'CUSTOM_FPGA' });
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('discovered');
    expect(await operations()).toEqual([]);
  });

  it.each(['degraded', 'failed', 'unknown'] as const)('that is %s waits until it is well', async (state) => {
    await openBench(anyGpu);
    await bench.report([aDevice({ health: { state, reason: 'hot' } })]);
    expect(await operations()).toEqual([]);
    await bench.report([aDevice()]);
    expect(await installs()).toHaveLength(1);
  });

  it('that has no identity waits for an operator, however it is reported', async () => {
    await openBench(anyGpu);
    await bench.report([
      aDevice({ identity: null }),
      aDevice({ identity: 'at:0000:84:00.0', address: '0000:84:00.0' }),
    ]);
    await bench.report([aDevice({ identity: null })]);
    expect((await devices()).map(({ state }) => state)).toEqual(['discovered', 'gone']);
    expect(await operations()).toEqual([]);
  });

  it('is taken by a rule that came later, and by its traits of then', async () => {
    await openBench({ trait: 'CUSTOM_LATE' });
    await bench.report([aDevice()]);
    expect(await operations()).toEqual([]);
    const late = aDeployable(undefined, { traits: ['CUSTOM_LATE'] as never });
    await bench.report([aDevice({ deployables: [late] })]);
    expect(await installs()).toHaveLength(1);
  });

  it('that went and came before a rule fitted is as new', async () => {
    await openBench({ model: 'B' });
    await bench.report([aDevice({ model: 'A' })]);
    await bench.report([]);
    await bench.report([aDevice({ model: 'B' })]);
    expect(await installs()).toHaveLength(1);
  });
});

describe('what somebody has decided about', () => {
  const failed = {
    kind: 'failed',
    retry: 'never',
    error: { code: 'driver.hardware', message: 'no' },
  } as const;

  it('is not installed again when that failed, nor when it goes and comes back', async () => {
    await openBench(anyGpu);
    await bench.report([aDevice()]);
    await bench.answer(await latest(), failed);
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('install_failed');
    await bench.report([]);
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('discovered');
    await bench.report([aDevice()]);
    expect(await installs()).toHaveLength(1);
  });

  it('is not installed again when the installation was canceled', async () => {
    await openBench(anyGpu);
    await bench.report([aDevice()]);
    await bench.conductor.cancelOperation({ operation: await latest(), ...asker });
    await bench.answer(await latest(), { kind: 'canceled' });
    await bench.report([aDevice()]);
    expect(await installs()).toHaveLength(1);
  });

  it('stays back when an operator took it back, whoever had made it ready', async () => {
    await openBench(anyGpu);
    await bench.report([aDevice()]);
    await succeed();
    const { id: device } = await bench.device();
    await bench.conductor.uninstallDevice({ device, ...asker });
    await succeed();
    await bench.report([aDevice()]);
    await bench.report([]);
    await bench.report([aDevice({ address: '0000:84:00.0' })]);
    expect((await bench.device()).state).toBe('discovered');
    expect(await installs()).toHaveLength(1);
  });

  it('stays closed when an operator closed it', async () => {
    await openBench(anyGpu);
    await bench.report([aDevice()]);
    await succeed();
    await bench.conductor.setDeviceEnabled({ device: (await bench.device()).id, enabled: false, ...asker });
    await bench.report([]);
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('disabled');
    expect(await installs()).toHaveLength(1);
  });

  it('is not decided by a rehearsal', async () => {
    await openBench({ model: 'B' });
    await bench.report([aDevice({ model: 'A' })]);
    await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, dryRun: true, ...asker });
    await bench.answer(await latest(), { kind: 'succeeded', result: { plan: [] } });
    await bench.report([aDevice({ model: 'B' })]);
    expect((await bench.device()).state).toBe('installing');
  });
});

it('a report that comes twice has it installed once', async () => {
  await openBench(anyGpu);
  await Promise.all([1, 2, 3].map(() => bench.report([aDevice()], { sequence: 7 })));
  expect(await installs()).toHaveLength(1);
});

describe('another card at the address of one that was ready', () => {
  const other = aDevice({ identity: 'GPU-2' });
  const readyFirst = async () => {
    await bench.report([aDevice()]);
    await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, ...asker });
    await succeed();
    await bench.commands();
  };

  it('inherits nothing: it waits, closed, and the old one is gone', async () => {
    await openBench();
    await readyFirst();
    await bench.report([other]);
    expect(await devices()).toMatchObject([
      { identity: 'GPU-1', state: 'gone', stateBeforeGone: 'ready' },
      { identity: 'GPU-2', state: 'discovered', address: '0000:83:00.0' },
    ]);
    const [, found] = await devices();
    expect(found?.deployables.flatMap(({ handles }) => handles)).toMatchObject([{ inUse: false }]);
    expect(admissionIn(await bench.commands())?.open).toEqual([]);
  });

  it('is new to a rule, and asked for by itself', async () => {
    await openBench(anyGpu);
    await bench.report([aDevice()]);
    await succeed();
    await bench.report([other]);
    const [, found] = await devices();
    expect(await installs()).toMatchObject([
      { deviceId: found?.id, requestedBy: 'rule:1', state: 'pending' },
      { state: 'succeeded' },
    ]);
    expect(admissionIn(await bench.commands())?.open).toEqual([]);
    await succeed();
    expect(admissionIn(await bench.commands())?.open).toEqual([{ driver: 'gpu', identity: 'GPU-2' }]);
  });

  it('gives way when the first one comes back: that one is ready as before', async () => {
    await openBench();
    await readyFirst();
    await bench.report([other]);
    await bench.report([aDevice()]);
    expect((await devices()).map(({ identity, state }) => [identity, state])).toEqual([
      ['GPU-1', 'ready'],
      ['GPU-2', 'gone'],
    ]);
  });
});

it('rules are told with the number of devices that each is the first to fit', async () => {
  await openBench({ model: '*B', profile: 'p' }, { host: benchHost }, { driver: 'fpga' });
  await bench.report([
    aDevice({ model: 'A' }),
    aDevice({ identity: 'GPU-2', address: '0000:84:00.0', model: 'B' }),
    aDevice({ identity: 'GPU-3', address: '0000:85:00.0', health: { state: 'failed' } }),
  ]);
  await bench.report([
    aDevice({ model: 'A' }),
    aDevice({ identity: 'GPU-2', address: '0000:84:00.0', model: 'B' }),
  ]);
  expect(await bench.conductor.examineRules()).toEqual([
    { name: 'rule:1', text: 'model *B; profile p', devices: 1 },
    { name: 'rule:2', text: `host ${benchHost}`, devices: 1 },
    { name: 'rule:3', text: 'driver fpga', devices: 0 },
  ]);
});
