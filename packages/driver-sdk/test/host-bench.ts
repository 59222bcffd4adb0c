import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverProcessState, DriverStatus } from '@cyborgjs/core';
import { onTestFinished } from 'vitest';
import {
  createDriverHost,
  type DriverHost,
  type DriverHostOptions,
  type DriverLogLine,
  type HostLimits,
} from '../src/host/index.ts';
import { listMarkedProcesses } from '../src/host/process-mark.ts';
import type { DriverError, WatchHint } from '../src/index.ts';
import { fixturePackage } from './fixture.ts';

export { attachRequest, fixturePackage } from './fixture.ts';

// Most of a test's time is the start of processes, and most of that is compiling.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'cyborg-driver-test-cache');

/** Times that let a test of a bad end be short, and a loaded machine still be in time. */
const testLimits: Partial<HostLimits> = {
  startMs: 60_000,
  pingEveryMs: 200,
  cancelGraceMs: 500,
  terminateGraceMs: 500,
  restartFirstMs: 50,
};

/** A host under test with all that it told. */
export interface HostBench {
  readonly host: DriverHost;
  readonly statuses: readonly DriverStatus[];
  readonly lines: readonly DriverLogLine[];
  readonly hints: readonly WatchHint[];
  /** Directory that the driver sees as the machine's root; it has an empty file `/cards/handle-0`. */
  readonly root: string;
}

type BenchOptions = Partial<DriverHostOptions>;

/** The host of a fixture driver, not started; stopped when the test is over. */
export function hostOf(fixture: string, options: BenchOptions = {}): HostBench {
  const root = mkdtempSync(join(tmpdir(), 'driver-host-'));
  mkdirSync(join(root, 'cards'));
  writeFileSync(join(root, 'cards/handle-0'), '\n');
  const statuses: DriverStatus[] = [];
  const lines: DriverLogLine[] = [];
  const hints: WatchHint[] = [];
  const host = createDriverHost({
    package: fixturePackage(fixture),
    config: {},
    machine: { kind: 'real', root },
    log: (line) => lines.push(line),
    onStatus: (status) => statuses.push(status),
    onHint: (hint) => hints.push(hint),
    ...options,
    limits: { ...testLimits, ...options.limits },
  });
  onTestFinished(async () => {
    await host.stop();
    rmSync(root, { recursive: true });
  });
  return { host, statuses, lines, hints, root };
}

/** Like `hostOf`, started and running. */
export async function runningHostOf(fixture: string, options: BenchOptions = {}): Promise<HostBench> {
  const bench = hostOf(fixture, options);
  await bench.host.start();
  const { state, failure } = bench.host.status();
  if (state !== 'running') throw new Error(`driver ${fixture} is ${state}: ${failure?.message}`);
  return bench;
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<DriverError> {
  try {
    await promise;
  } catch (error) {
    return error as DriverError;
  }
  throw new Error('it succeeded');
}

/** Resolves when the condition holds; the test's own time limit ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Pids of the processes of a driver that one agent (this process) has started, tools included. */
export async function processesOf(driver: string, agentPid: number = process.pid): Promise<number[]> {
  const marked = await listMarkedProcesses();
  return marked.filter((mark) => mark.driver === driver && mark.agentPid === agentPid).map(({ pid }) => pid);
}

/** The states that a driver went through, each once while it lasted. */
export const statesOf = (statuses: readonly DriverStatus[]): DriverProcessState[] =>
  statuses.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
