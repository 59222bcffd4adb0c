import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { asker, type ConductorBench, openConductorBench, operationsIn } from '../../test/conductor-bench.ts';

const error = { code: 'driver.hardware', message: 'no answer' };
const failed = { kind: 'failed', retry: 'never', error } as const;

let bench: ConductorBench;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
  await bench.report([aDevice()]);
  await bench.commands();
});
afterEach(() => bench.end());

const install = async (more: { dryRun?: boolean; deadlineMs?: number } = {}) => {
  const device = (await bench.device()).id;
  return bench.conductor.makeDeviceReady({
    device,
    profile: 'small',
    options: { a: 'b' },
    ...asker,
    ...more,
  });
};
const retry = (operation: string) => bench.conductor.retryOperation({ operation, ...asker });

describe('what failed', () => {
  it('is asked for anew as it was, by an operation of its own', async () => {
    const first = await install();
    await bench.commands();
    await bench.answer(first.id, failed);
    const second = await retry(first.id);
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ verb: 'install', state: 'pending', arguments: first.arguments });
    expect(operationsIn(await bench.commands())).toMatchObject([{ operationId: second.id, verb: 'install' }]);
    expect(await bench.device()).toMatchObject({ state: 'installing' });
    expect(await bench.store.operations.get(first.id)).toMatchObject({ state: 'failed' });
  });

  it('is not when it did not fail, or is asked for elsewhere, or cannot be now', async () => {
    const first = await install();
    await expect(retry(first.id)).rejects.toMatchObject({ code: 'operation.not_retryable' });
    await bench.answer(first.id, failed);
    await retry(first.id);
    await expect(retry(first.id)).rejects.toMatchObject({ code: 'state.not_allowed' });
  });
});

describe('attempts', () => {
  it('keep what was done and how each ended, the first word on each', async () => {
    const { id } = await install();
    const steps = [{ verb: 'write' as const, path: '/sys/x', text: '1', failure: null }];
    const done = { steps, left: 3 };
    await bench.answer(id, { ...failed, retry: 'now', done });
    await bench.answer(id, { ...failed, retry: 'now', done: { steps: [], left: 0 } });
    bench.clock.advance(1);
    await bench.tend();
    await bench.answer(id, { kind: 'succeeded', result: {} });
    expect(await bench.store.operations.attempts(id)).toMatchObject([
      { attempt: 1, outcome: 'failed', error, done, plan: null },
      { attempt: 2, outcome: 'succeeded', error: null, done: { steps: [], left: 0 }, plan: null },
    ]);
  });

  it('of a dry run have the plan, and the device stays as it is, also when it fails', async () => {
    const plan = [{ verb: 'run' as const, tool: '/usr/bin/nvidia-smi', args: ['-mig', '1'] }];
    const first = await install({ dryRun: true });
    expect(operationsIn(await bench.commands())[0]?.arguments).toMatchObject({ dryRun: true });
    await bench.answer(first.id, { kind: 'succeeded', result: { plan } });
    expect(await bench.store.operations.attempts(first.id)).toMatchObject([{ plan }]);
    const second = await install({ dryRun: true });
    await bench.answer(second.id, failed);
    expect(await bench.device()).toMatchObject({ state: 'discovered', stateReason: null });
  });

  it('end at the deadline that was asked for', async () => {
    const { deadlineAt } = await install({ deadlineMs: 5000 });
    expect(Date.parse(deadlineAt) - bench.clock.now()).toBe(5000);
  });
});
