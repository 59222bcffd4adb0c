import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** A process, told apart from a later one of the same number by the time at which the kernel started it. */
export interface RunningProcess {
  readonly pid: number;
  /** Clock ticks since boot (proc(5), /proc/pid/stat, field 22). */
  readonly startTime: string;
}

/** What to remember of a process that runs now. @throws Error when it does not */
export async function processOf(pid: number): Promise<RunningProcess> {
  const startTime = await startTimeOf(pid);
  if (startTime === undefined) throw new Error(`no process ${pid} runs`);
  return { pid, startTime };
}

/** Whether that very process still runs. */
export async function isRunning({ pid, startTime }: RunningProcess): Promise<boolean> {
  return (await startTimeOf(pid)) === startTime;
}

/** Ends that very process, and no other that has its number by now; waits until it is gone. */
export async function endProcess(running: RunningProcess): Promise<void> {
  if (!(await isRunning(running))) return;
  process.kill(running.pid, 'SIGTERM');
  for (let tries = 0; tries < 100; tries++) {
    if (!(await isRunning(running))) return;
    await setTimeout(100);
  }
  process.kill(running.pid, 'SIGKILL');
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in parentheses, may hold spaces and parentheses itself. State is field 3.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}
