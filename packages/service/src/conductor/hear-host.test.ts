import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import {
  aDriverStatus,
  benchHost,
  type ConductorBench,
  openConductorBench,
} from '../../test/conductor-bench.ts';
import { newId } from '../../test/test-store.ts';

let bench: ConductorBench;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
});
afterEach(() => bench.end());

const types = async () => (await bench.store.events.list({ after: 0, limit: 1000 })).map(({ type }) => type);
const gpuDriver = () => bench.store.hosts.findDriver(benchHost, 'gpu');

describe('what an agent says of itself', () => {
  it('tell what it is, and which providers Placement holds: the whole set', async () => {
    const hello = {
      simulated: true,
      agentVersion: '1.2.3',
      bootId: 'b',
      drivers: [aDriverStatus({ restarts: 3 })],
    };
    await bench.tell({ kind: 'hello', agentRun: 2, ...hello });
    await bench.report([aDevice()], { agentRun: 2 });
    const providerId = newId();
    const providers = (held: object[]) =>
      bench.tell({ kind: 'providers', agentRun: 2, providers: held } as never);
    await providers([{ deployable: '0000:83:00.0', providerId }]);
    expect(await bench.store.hosts.get(benchHost)).toMatchObject({
      ...{ simulated: true, agentVersion: '1.2.3', bootId: 'b', agentRun: 2, state: 'up' },
      drivers: [{ id: 'gpu', restarts: 3 }],
    });
    expect(await bench.device()).toMatchObject({ simulated: true, deployables: [{ providerId }] });
    await providers([]);
    expect((await bench.device()).deployables[0]?.providerId).toBeNull();
  });

  it('of an earlier run say nothing any more', async () => {
    await bench.tell({ kind: 'hello', agentRun: 2 });
    await bench.tell({ kind: 'goodbye', agentRun: 1 });
    await bench.tell({ kind: 'hello', agentRun: 1, agentVersion: 'old' });
    expect(await bench.store.hosts.get(benchHost)).toMatchObject({ state: 'up', agentVersion: '1.0.0' });
  });

  it.each(['hello', 'heartbeat'] as const)('let a driver go that a %s names no longer', async (kind) => {
    await bench.report([aDevice()]);
    await bench.tell({ kind, agentRun: 2, drivers: [aDriverStatus({ id: 'fpga' })] });
    expect(await gpuDriver()).toBeUndefined();
    expect(await bench.device()).toMatchObject({ state: 'gone', stateBeforeGone: 'discovered' });
    expect((await types()).slice(-2)).toEqual(['device.gone', 'driver.removed']);
    await bench.tell({ kind: 'heartbeat', agentRun: 2 });
    await bench.report([aDevice()], { agentRun: 2 });
    expect(await bench.device()).toMatchObject({ state: 'discovered', goneAt: null });
  });

  it('keep a driver that is named, however it does, and what it found', async () => {
    await bench.report([aDevice()]);
    for (const state of ['refused', 'disabled', 'quarantined', 'incompatible'] as const)
      await bench.tell({ kind: 'heartbeat', drivers: [aDriverStatus({ state })] });
    expect(await gpuDriver()).toMatchObject({ state: 'incompatible', devices: 1 });
    expect((await bench.device()).state).toBe('discovered');
  });

  it('tell that it stopped in good order, and that it is back', async () => {
    await bench.tell({ kind: 'goodbye' });
    expect((await bench.store.hosts.get(benchHost)).state).toBe('stopped');
    await bench.tell({ kind: 'hello', agentRun: 2 });
    expect((await bench.store.hosts.get(benchHost)).state).toBe('up');
    expect(await types()).toEqual(['host.up', 'host.stopped', 'host.up']);
  });

  it('tell once that it stopped, also when the goodbye comes twice', async () => {
    await bench.tell({ kind: 'goodbye' });
    await bench.tell({ kind: 'goodbye' });
    await bench.tell({ kind: 'heartbeat' });
    expect((await bench.store.hosts.get(benchHost)).state).toBe('stopped');
    expect(await types()).toEqual(['host.up', 'host.stopped']);
  });

  it('tell when a driver changed its state', async () => {
    await bench.tell({ kind: 'heartbeat', drivers: [aDriverStatus({ state: 'quarantined' })] });
    const [event] = await bench.store.events.list({ after: 0, limit: 10, types: ['driver.state'] });
    expect(event?.data).toEqual({ from: 'running', to: 'quarantined' });
  });
});
