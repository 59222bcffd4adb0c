import type { OperationOutcome } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDeployable, aDevice } from '../../test/a-discovered-device.ts';
import {
  admissionIn,
  asker,
  benchHost,
  type ConductorBench,
  openConductorBench,
  operationsIn,
} from '../../test/conductor-bench.ts';
import { newId } from '../../test/test-store.ts';
import { lockDevice } from './lock-device.ts';
import { startOperation } from './start-operation.ts';

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

const succeeded: OperationOutcome = { kind: 'succeeded', result: {} };
const failed = (retry: 'never' | 'now' | 'later' = 'never'): OperationOutcome => ({
  kind: 'failed',
  retry,
  error: { code: 'driver.hardware', message: 'the card does not answer' },
});
const makeReady = (more = {}) => bench.conductor.makeDeviceReady({ device, ...asker, ...more });
const endsOf = async (operation: string) =>
  (await bench.store.events.list({ after: 0, limit: 1000, subject: operation, types: ['operation.ended'] }))
    .length;

describe('making a device ready', () => {
  it('stores the operation with its command and tells the agent once', async () => {
    const operation = await makeReady({ profile: 'vf-4', options: { numvfs: '4' } });
    expect(operation).toMatchObject({
      verb: 'install',
      state: 'pending',
      deviceId: device,
      attempts: 1,
      requestedBy: 'operator',
    });
    expect((await bench.device()).state).toBe('installing');
    expect(await bench.commands()).toEqual([
      {
        kind: 'operation',
        operationId: operation.id,
        verb: 'install',
        driver: 'gpu',
        device: { identity: 'GPU-1', address: '0000:83:00.0' },
        arguments: { profile: 'vf-4', options: { numvfs: '4' } },
        deadlineAt: Date.parse(operation.deadlineAt),
      },
    ]);
    expect(await bench.commands()).toEqual([]);
  });

  it('is not ended by the rehearsal of one, nor moved by its result', async () => {
    const { context, store } = bench;
    const { id } = await makeReady();
    const rehearsal = await store.transaction(async (transaction) => {
      const target = await lockDevice(transaction, device);
      const { host, driver } = target;
      const order = {
        verb: 'install',
        host,
        driver,
        device: target,
        asker,
        arguments: { dryRun: true },
      } as const;
      return startOperation(transaction, order, context);
    });
    const plan = [{ verb: 'write', path: '/sys/bus/pci/devices/0000:83:00.0/sriov_numvfs', text: '4' }];
    await bench.answer(rehearsal.id, { kind: 'succeeded', result: { plan } });
    expect((await store.operations.get(rehearsal.id)).state).toBe('succeeded');
    expect((await bench.device()).state).toBe('installing');
    await bench.answer(id, succeeded);
    expect((await bench.device()).state).toBe('ready');
  });

  it('ends with a ready device, its new facts and the opened set, all at once', async () => {
    const { id } = await makeReady();
    await bench.commands();
    const installed = aDevice({ identity: null, deployables: [aDeployable('vf0'), aDeployable('vf1')] });
    await bench.answer(id, { kind: 'succeeded', result: { device: installed } });
    expect(await bench.device()).toMatchObject({
      state: 'ready',
      stateReason: null,
      deployables: [{ name: 'vf0' }, { name: 'vf1' }],
    });
    expect(await bench.store.operations.get(id)).toMatchObject({
      state: 'succeeded',
      progress: 1,
      error: null,
      nextAttemptAt: null,
    });
    expect(await bench.commands()).toEqual([
      {
        kind: 'admit',
        revision: (await bench.store.hosts.get(benchHost)).admitRevision,
        open: [{ driver: 'gpu', identity: 'GPU-1' }],
      },
    ]);
    expect(await endsOf(id)).toBe(1);
  });

  it('takes an answer it cannot read as success; the next report has the facts', async () => {
    const { id } = await makeReady();
    await bench.answer(id, { kind: 'succeeded', result: { device: 'a text' } });
    expect(await bench.device()).toMatchObject({ state: 'ready', deployables: [{ name: '0000:83:00.0' }] });
  });

  it('leaves a device that could not be installed closed, with the reason, to be tried again', async () => {
    const first = await makeReady();
    await bench.answer(first.id, failed());
    expect(await bench.device()).toMatchObject({
      state: 'install_failed',
      stateReason: 'the card does not answer',
    });
    expect(admissionIn(await bench.commands())).toBeUndefined();
    const second = await makeReady();
    await bench.answer(second.id, succeeded);
    expect(await bench.device()).toMatchObject({ state: 'ready', stateReason: null });
  });

  it('is refused in any other state, and then changes nothing', async () => {
    await makeReady();
    await bench.commands();
    await expect(makeReady()).rejects.toMatchObject({ code: 'state.not_allowed' });
    expect((await bench.store.operations.list()).items).toHaveLength(1);
    expect(await bench.commands()).toEqual([]);
    await expect(bench.conductor.makeDeviceReady({ device: newId(), ...asker })).rejects.toMatchObject({
      code: 'device.not_found',
    });
  });

  it('waits for an agent that is silent', async () => {
    await bench.tell({ kind: 'goodbye' });
    const { id } = await makeReady();
    await bench.commands();
    await bench.tell({ kind: 'hello', agentRun: 2 });
    expect(operationsIn(await bench.commands()).map(({ operationId }) => operationId)).toEqual([id]);
  });

  it('is done once for one key, however often and however late it is asked', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => makeReady({ idempotencyKey: 'k1' })));
    await bench.answer(asked[0]?.id ?? '', succeeded);
    const late = await makeReady({ idempotencyKey: 'k1' });
    expect(new Set([...asked, late].map(({ id }) => id)).size).toBe(1);
    expect(late.state).toBe('succeeded');
    await expect(makeReady({ idempotencyKey: 'k1', profile: 'x' })).rejects.toMatchObject({
      code: 'idempotency.reused',
    });
    await expect(makeReady({ idempotencyKey: 'k1', requestedBy: 'another' })).rejects.toMatchObject({
      code: 'state.not_allowed',
    });
  });

  it('is refused when the device has moved on since it was read', async () => {
    const { version } = await bench.device();
    await bench.report([aDevice({ model: 'another' })]);
    await expect(makeReady({ ifVersion: version })).rejects.toMatchObject({ code: 'version.changed' });
    await expect(makeReady({ ifVersion: version + 1 })).resolves.toMatchObject({ state: 'pending' });
  });
});

describe('the result of an operation', () => {
  it('counts once, and not after the end', async () => {
    const { id } = await makeReady();
    await bench.answer(id, succeeded);
    const before = await bench.store.operations.get(id);
    await bench.commands();
    await bench.answer(id, succeeded);
    await bench.answer(id, failed());
    await bench.answer(id, { kind: 'canceled' });
    await bench.tell({ kind: 'operation-progress', operationId: id, progress: 0.1, note: 'late' } as never);
    expect(await bench.store.operations.get(id)).toEqual(before);
    expect((await bench.device()).state).toBe('ready');
    expect(await bench.commands()).toEqual([]);
    expect(await endsOf(id)).toBe(1);
  });

  it('from another host than its own is dropped', async () => {
    const { id } = await makeReady();
    await bench.tell({ kind: 'operation-result', host: 'compute2', operationId: id, outcome: succeeded });
    expect((await bench.store.operations.get(id)).state).toBe('pending');
  });

  it('may be tried again later: pauses double, attempts are counted, and the last failure is the end', async () => {
    const { retryBaseMs, maxAttempts } = bench.context.settings;
    const { id } = await makeReady();
    await bench.commands();
    for (let attempt = 1; attempt < maxAttempts; attempt += 1) {
      await bench.answer(id, failed('later'));
      await bench.answer(id, failed('later'));
      const waiting = await bench.store.operations.get(id);
      const pauseMs = retryBaseMs * 2 ** (attempt - 1);
      expect(waiting).toMatchObject({
        state: 'pending',
        attempts: attempt + 1,
        nextAttemptAt: bench.clock.now() + pauseMs,
      });
      await bench.tend();
      expect(await bench.commands()).toEqual([]);
      bench.clock.advance(pauseMs);
      await bench.tend();
      expect(operationsIn(await bench.commands()).map(({ operationId }) => operationId)).toEqual([id]);
    }
    await bench.answer(id, failed('later'));
    expect(await bench.store.operations.get(id)).toMatchObject({ state: 'failed', attempts: maxAttempts });
    expect((await bench.device()).state).toBe('install_failed');
    expect(await endsOf(id)).toBe(1);
  });

  it('is not waited for beyond the deadline', async () => {
    const { id, deadlineAt } = await makeReady();
    bench.clock.advance(Date.parse(deadlineAt) - bench.clock.now() - 1);
    await bench.answer(id, failed('later'));
    expect((await bench.store.operations.get(id)).state).toBe('failed');
  });
});

describe('progress', () => {
  const progress = (id: string, share: number | null, note: string | null = null) =>
    bench.tell({ kind: 'operation-progress', operationId: id, progress: share, note } as never);

  it('never falls, and shows that the agent has taken the operation up', async () => {
    const { id } = await makeReady();
    await progress(id, null, 'looking');
    expect(await bench.store.operations.get(id)).toMatchObject({
      state: 'running',
      progress: null,
      note: 'looking',
    });
    await progress(id, 0.5);
    await progress(id, 0.25);
    await progress(id, null);
    expect(await bench.store.operations.get(id)).toMatchObject({ state: 'running', progress: 0.5 });
  });

  it('is told once when it comes twice', async () => {
    const { id } = await makeReady();
    await progress(id, 0.5);
    await progress(id, 0.5);
    const events = await bench.store.events.list({ after: 0, limit: 100, subject: id });
    expect(events.map(({ type }) => type)).toEqual(['operation.requested', 'operation.started']);
  });
});
