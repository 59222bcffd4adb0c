import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandOf, OperationOutcome, Uuid } from '@cyborgjs/core';
import { createFileRecords } from '@cyborgjs/driver-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedger } from './ledger.ts';
import { createOperationDesk } from './operation-desk.ts';

const command: CommandOf<'operation'> = {
  kind: 'operation',
  operationId: '6a2f4c1e-0000-4000-8000-000000000001' as Uuid,
  verb: 'install',
  driver: 'gpu',
  device: { identity: 'GPU-1', address: '0000:83:00.0' },
  arguments: {},
  deadlineAt: 10_000,
};
const done: OperationOutcome = { kind: 'succeeded', result: {} };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-desk-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A desk as a process would have it; several over one directory are the same host before and after a restart. */
function aDesk(run: (signal: AbortSignal) => Promise<OperationOutcome>) {
  const told: OperationOutcome[] = [];
  let runs = 0;
  const desk = createOperationDesk({
    ledger: createLedger(createFileRecords(directory)),
    bootId: 'boot',
    now: () => 1000,
    run: (_command, signal) => {
      runs += 1;
      return run(signal);
    },
    tell: (_id, outcome) => told.push(outcome),
  });
  return { desk, told, runs: () => runs };
}

describe('operation desk', () => {
  it('runs a command once however often it is delivered, and answers each late repeat', async () => {
    const { desk, told, runs } = aDesk(async () => done);
    await Promise.all([desk.accept(command), desk.accept(command), desk.accept(command)]);
    await desk.idle();
    await desk.accept(command);
    expect(runs()).toBe(1);
    expect(told).toEqual([done, done]);
  });

  it('answers a repeat after a restart from the ledger, without running again', async () => {
    const first = aDesk(async () => done);
    await first.desk.accept(command);
    await first.desk.idle();
    const second = aDesk(async () => ({ kind: 'canceled' }));
    await second.desk.accept(command);
    expect(second.runs()).toBe(0);
    expect(second.told).toEqual([done]);
  });

  it('runs again what a crash cut off', async () => {
    const cut = aDesk(() => new Promise(() => {}));
    await cut.desk.accept(command);
    await new Promise((resolve) => setImmediate(resolve));
    const after = aDesk(async () => done);
    await after.desk.accept(command);
    await after.desk.idle();
    expect(after.told).toEqual([done]);
  });

  it('runs again what failed with the advice to retry', async () => {
    const outcomes: OperationOutcome[] = [
      { kind: 'failed', retry: 'later', error: { code: 'driver.busy', message: 'held' } },
      done,
    ];
    const { desk, told } = aDesk(async () => outcomes.shift() ?? done);
    await desk.accept(command);
    await desk.idle();
    await desk.accept(command);
    await desk.idle();
    expect(told.map(({ kind }) => kind)).toEqual(['failed', 'succeeded']);
  });

  it('cancels what runs, and what never began', async () => {
    const { desk, told } = aDesk(
      (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve({ kind: 'canceled' }), { once: true }),
        ),
    );
    await desk.accept(command);
    await desk.cancel(command.operationId);
    await desk.idle();
    await desk.cancel('6a2f4c1e-0000-4000-8000-000000000002' as Uuid);
    expect(told).toEqual([{ kind: 'canceled' }, { kind: 'canceled' }]);
  });
});
