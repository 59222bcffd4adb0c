import { setTimeout as delay } from 'node:timers/promises';
import {
  formatProcessMark,
  isAgentAlive,
  listMarkedProcesses,
  type MarkedProcess,
  ownIdentity,
  type ProcessMark,
} from './process-mark.ts';
import type { SendSignal } from './spawn-child.ts';

const lookEveryMs = 250;
const killRounds = 5;

/**
 * Ends the tools that a driver's process has left behind, and whatever they have started. As long as they may run
 * on (a critical section is under way), it waits for them.
 */
export async function clearTools(
  mark: ProcessMark,
  sendSignal: SendSignal,
  mayRunOn: () => boolean,
): Promise<void> {
  const find = async (): Promise<MarkedProcess[]> =>
    (await listMarkedProcesses()).filter((process) => process.isTool && isSameMark(process, mark));
  while (mayRunOn() && (await find()).length > 0) await delay(lookEveryMs);
  await killAll(find, sendSignal);
}

interface ClearEarlierRunsOptions {
  readonly driver: string;
  readonly sendSignal: SendSignal;
  /** From SIGTERM until what is left counts as being in a critical section. */
  readonly graceMs: number;
  /** How long it is waited for then. */
  readonly maxMs: number;
  readonly onWaiting: (pids: readonly number[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Ends the processes of a driver that outlived their agent, so that no two act on one device. One in a critical
 * section ignores SIGTERM and is waited for, with its tools.
 */
export async function clearEarlierRuns(options: ClearEarlierRunsOptions): Promise<void> {
  const { driver, sendSignal, graceMs, maxMs, onWaiting, signal } = options;
  const find = (): Promise<MarkedProcess[]> => findOrphans(driver);
  const started = performance.now();
  let told = false;
  for (let left = await find(); left.length > 0; left = await find()) {
    const drivers = left.filter(({ isTool }) => !isTool).map(({ pid }) => pid);
    const waitedMs = performance.now() - started;
    if (drivers.length === 0 || waitedMs > maxMs || signal.aborted) break;
    signalAll(drivers, sendSignal, 'SIGTERM');
    if (waitedMs > graceMs && !told) onWaiting(drivers);
    told ||= waitedMs > graceMs;
    await delay(lookEveryMs);
  }
  if (!signal.aborted) await killAll(find, sendSignal);
}

/** Processes of a driver whose agent is no more. */
async function findOrphans(driver: string): Promise<MarkedProcess[]> {
  const own = await ownIdentity();
  const ours = (await listMarkedProcesses()).filter((process) => process.driver === driver);
  const alive = await Promise.all(ours.map((process) => isAgentAlive(process, own)));
  return ours.filter((_, index) => alive[index] === false);
}

/** Several rounds, for one may be started while the others are ended; an unkillable one must not hold us. */
async function killAll(find: () => Promise<MarkedProcess[]>, sendSignal: SendSignal): Promise<void> {
  for (let round = 0; round < killRounds; round++) {
    const pids = (await find()).map(({ pid }) => pid);
    if (pids.length === 0) return;
    signalAll(pids, sendSignal, 'SIGKILL');
    await delay(round * 20);
  }
}

function signalAll(pids: readonly number[], sendSignal: SendSignal, name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      sendSignal(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

const isSameMark = (one: ProcessMark, other: ProcessMark): boolean =>
  formatProcessMark(one) === formatProcessMark(other);
