import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { asker, type ConductorBench, openConductorBench, operationsIn } from '../../test/conductor-bench.ts';
import { defaultConductorSettings } from './conductor-settings.ts';
import { createConductor } from './create-conductor.ts';
import { tendOperations } from './operation-worker.ts';

const { resendAfterMs, operationDeadlineMs, cancelGraceMs } = defaultConductorSettings;

let bench: ConductorBench;
let operation: string;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
  await bench.report([aDevice()]);
  operation = (await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, ...asker })).id;
  expect(operationsIn(await bench.commands())).toHaveLength(1);
});
afterEach(() => bench.end());

const sentNow = async () => operationsIn(await bench.commands()).map(({ operationId }) => operationId);
const stored = () => bench.store.operations.get(operation);
const progress = (share: number) =>
  bench.tell({ kind: 'operation-progress', operationId: operation, progress: share, note: null } as never);

describe('an operation without news', () => {
  it('is sent again after a while, again and again', async () => {
    for (let round = 0; round < 3; round += 1) {
      await bench.tend();
      expect(await sentNow()).toEqual([]);
      bench.clock.advance(resendAfterMs);
      await bench.tend();
      expect(await sentNow()).toEqual([operation]);
    }
    expect(await stored()).toMatchObject({ state: 'pending', attempts: 1 });
  });

  it('is left alone while there is news', async () => {
    bench.clock.advance(resendAfterMs - 1);
    await progress(0.1);
    bench.clock.advance(resendAfterMs - 1);
    await bench.tend();
    expect(await sentNow()).toEqual([]);
    bench.clock.advance(1);
    await bench.tend();
    expect(await sentNow()).toEqual([operation]);
  });

  it('is sent again at once when its agent comes back', async () => {
    await progress(0.1);
    await bench.tell({ kind: 'hello', agentRun: 2 });
    const commands = await bench.commands();
    expect(commands.map(({ kind }) => kind)).toEqual(['admit', 'operation']);
    await bench.tell({ kind: 'hello', agentRun: 2 });
    expect((await bench.commands())[0]).toEqual(commands[0]);
  });

  it('is taken over by another conductor when the one that sent it has died', async () => {
    bench.clock.advance(resendAfterMs);
    const other = { ...bench.context };
    const [first, second] = await Promise.all([tendOperations(bench.context), tendOperations(other)]);
    expect([first, second]).toEqual([false, false]);
    expect(await sentNow()).toEqual([operation]);
  });
});

describe('an operation at its deadline', () => {
  beforeEach(() => bench.clock.advance(operationDeadlineMs));

  it('has failed, and its agent is told to stop', async () => {
    await bench.tend();
    expect(await stored()).toMatchObject({
      state: 'failed',
      error: { code: 'operation.overdue', message: expect.stringContaining('never took it up') },
    });
    expect(await bench.device()).toMatchObject({ state: 'install_failed' });
    expect(await bench.commands()).toEqual([{ kind: 'cancel', operationId: operation }]);
  });

  it('stays failed when its agent succeeds after all', async () => {
    await bench.tend();
    await bench.answer(operation, { kind: 'succeeded', result: {} });
    expect((await stored()).state).toBe('failed');
    expect((await bench.device()).state).toBe('install_failed');
  });
});

describe('canceling', () => {
  const cancel = () => bench.conductor.cancelOperation({ operation, ...asker });

  it('tells the agent, which answers how it ended', async () => {
    const asked = await cancel();
    expect(asked).toMatchObject({ state: 'pending', cancelRequestedAt: bench.clock.now() });
    expect(await bench.commands()).toEqual([{ kind: 'cancel', operationId: operation }]);
    await bench.answer(operation, { kind: 'canceled' });
    expect(await stored()).toMatchObject({ state: 'canceled', error: { code: 'operation.canceled' } });
    expect((await bench.device()).state).toBe('install_failed');
  });

  it('lets an operation succeed that was faster', async () => {
    await cancel();
    await bench.answer(operation, { kind: 'succeeded', result: {} });
    expect((await stored()).state).toBe('succeeded');
    expect((await bench.device()).state).toBe('ready');
  });

  it('does not let a failed attempt be made again', async () => {
    await cancel();
    const error = { code: 'driver.busy', message: 'busy' };
    await bench.answer(operation, { kind: 'failed', error, retry: 'later' });
    expect((await stored()).state).toBe('canceled');
  });

  it('ends without an agent that does not answer', async () => {
    await cancel();
    await bench.tell({ kind: 'hello', agentRun: 2 });
    expect((await bench.commands()).filter(({ kind }) => kind !== 'admit')).toEqual([
      { kind: 'cancel', operationId: operation },
    ]);
    bench.clock.advance(cancelGraceMs);
    await bench.tend();
    expect((await stored()).state).toBe('canceled');
    expect((await bench.device()).state).toBe('install_failed');
  });

  it('twice, or after the end, changes nothing', async () => {
    const first = await cancel();
    bench.clock.advance(5);
    expect(await cancel()).toEqual(first);
    await bench.answer(operation, { kind: 'canceled' });
    const ended = await stored();
    expect(await cancel()).toEqual(ended);
  });

  it('takes back a command that has not left yet', async () => {
    await bench.answer(operation, { kind: 'canceled' });
    const again = await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, ...asker });
    await bench.conductor.cancelOperation({ operation: again.id, ...asker });
    expect(await bench.commands()).toEqual([{ kind: 'cancel', operationId: again.id }]);
  });

  it('is refused for an operation that has moved on since it was read, or that does not exist', async () => {
    const { version } = await stored();
    await progress(0.5);
    const late = bench.conductor.cancelOperation({ operation, ...asker, ifVersion: version });
    await expect(late).rejects.toMatchObject({ code: 'version.changed' });
    const unknown = bench.conductor.cancelOperation({ operation: 'nope', ...asker });
    await expect(unknown).rejects.toMatchObject({ code: 'operation.not_found' });
  });
});

it('a conductor that was never started stores what is asked; the commands leave with one that runs', async () => {
  await bench.answer(operation, {
    kind: 'failed',
    retry: 'never',
    error: { code: 'driver.invalid', message: 'no' },
  });
  const apiOnly = createConductor(bench.context, bench.context.settings);
  const { id } = await apiOnly.makeDeviceReady({ device: (await bench.device()).id, ...asker });
  expect(await sentNow()).toEqual([id]);
});
