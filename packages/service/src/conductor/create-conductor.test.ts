import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { aDriverStatus, asker } from '../../test/conductor-bench.ts';
import { memoryDatabase, newId, openTestStore, silentLog } from '../../test/test-store.ts';
import { until } from '../../test/until.ts';
import type { Bus } from '../bus/bus.ts';
import { createMemoryBus } from '../bus/memory-bus.ts';
import type { NewEvent } from '../store/event.ts';
import type { Store } from '../store/store.ts';
import type { Conductor } from './conductor.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { createConductor } from './create-conductor.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined);

async function openBusAndStore(): Promise<{ bus: Bus; store: Store }> {
  const { store, end } = await openTestStore(memoryDatabase, { now: Date.now });
  const bus = createMemoryBus({ sleep: pause, log: silentLog });
  undo.push(end, () => bus.close());
  return { bus, store };
}

async function startConductor({ bus, store }: { bus: Bus; store: Store }): Promise<Conductor> {
  const components = {
    bus,
    store,
    nova: null,
    glance: null,
    claims: null,
    now: Date.now,
    newId,
    random: Math.random,
    randomBytes,
    pause,
    log: silentLog,
  };
  const conductor = createConductor(components, { ...defaultConductorSettings, operationPollMs: 20 });
  await conductor.start();
  undo.push(() => conductor.stop());
  return conductor;
}

const origin = { host: 'compute1', agentRun: 1 };

/** An agent that has one GPU and needs two attempts for everything. */
async function startAgent(bus: Bus) {
  const carriedOut: string[] = [];
  const unsubscribe = await bus.receiveCommands('compute1', async (command) => {
    if (command.kind !== 'operation') return;
    carriedOut.push(command.operationId);
    const failed = {
      kind: 'failed',
      retry: 'now',
      error: { code: 'driver.busy', message: 'not yet' },
    } as const;
    const outcome = carriedOut.length % 2 === 1 ? failed : ({ kind: 'succeeded', result: {} } as const);
    await bus.sendFact({
      kind: 'operation-result',
      ...origin,
      operationId: command.operationId,
      outcome,
      at: 0,
    });
  });
  undo.push(unsubscribe);
  const drivers = [aDriverStatus()];
  await bus.sendFact({
    kind: 'hello',
    ...origin,
    bootId: 'b',
    simulated: true,
    agentVersion: '1',
    drivers,
    at: 0,
  });
  const outcome = { kind: 'inventory' as const, devices: [aDevice()] };
  await bus.sendFact({
    kind: 'report',
    ...origin,
    report: { driver: 'gpu', sequence: 1, observedAt: 0, outcome },
  });
  return carriedOut;
}

const readyDevice = (store: Store) => async () => {
  const [device] = (await store.devices.list()).items;
  return device?.state === 'ready' && device;
};

describe('a conductor that was started', () => {
  it('takes in what agents say and carries out what operators ask, told over the bus', async () => {
    const parts = await openBusAndStore();
    const conductor = await startConductor(parts);
    const seen: NewEvent[] = [];
    conductor.events.on('event', (event) => seen.push(event));
    const carriedOut = await startAgent(parts.bus);
    const device = await until(
      'the device was found',
      async () => (await parts.store.devices.list()).items[0],
    );
    const operation = await conductor.makeDeviceReady({ device: device.id, ...asker });
    await until('the device is ready', readyDevice(parts.store));
    expect(carriedOut).toEqual([operation.id, operation.id]);
    expect((await parts.store.operations.get(operation.id)).attempts).toBe(2);
    expect(seen.map(({ type }) => type)).toContain('operation.ended');
    const stored = await parts.store.events.list({ after: 0, limit: 100 });
    expect(seen.map(({ type }) => type).sort()).toEqual(stored.map(({ type }) => type).sort());
  });

  it('shares the work with others on the same store', async () => {
    const parts = await openBusAndStore();
    const conductors = [
      await startConductor(parts),
      await startConductor(parts),
      await startConductor(parts),
    ];
    const carriedOut = await startAgent(parts.bus);
    const device = await until(
      'the device was found',
      async () => (await parts.store.devices.list()).items[0],
    );
    await conductors[1]?.makeDeviceReady({ device: device.id, ...asker });
    await until('the device is ready', readyDevice(parts.store));
    expect(carriedOut).toHaveLength(2);
  });

  it('does nothing any more once it was stopped, and loses nothing', async () => {
    const parts = await openBusAndStore();
    const conductor = await startConductor(parts);
    await startAgent(parts.bus);
    const device = await until(
      'the device was found',
      async () => (await parts.store.devices.list()).items[0],
    );
    await conductor.stop();
    const { id } = await conductor.makeDeviceReady({ device: device.id, ...asker });
    await delay(50);
    expect((await parts.store.operations.get(id)).state).toBe('pending');
    expect((await parts.store.outbox.depth()).messages).toBeGreaterThan(0);
    await startConductor(parts);
    await until('the device is ready', readyDevice(parts.store));
  });
});
