import { readdir, readFile } from 'node:fs/promises';

/** Environment variable that a driver's process carries, and every tool that it runs. */
export const processMarkVariable = 'CYBORG_DRIVER_PROCESS';

/** Which process of a driver, started by which agent. */
export interface ProcessMark {
  readonly driver: string;
  readonly agentPid: number;
  /** Start of the agent's process in clock ticks since boot: with the pid it names one process for ever. */
  readonly agentStart: string;
  readonly sequence: number;
}

export interface MarkedProcess extends ProcessMark {
  readonly pid: number;
  /** Whether it is a tool of the driver's process, not that itself. */
  readonly isTool: boolean;
}

/** The mark of a driver's process, as the environment variable holds it. */
export function formatProcessMark({ driver, agentPid, agentStart, sequence }: ProcessMark): string {
  return `${driver}/${agentPid}/${agentStart}/${sequence}`;
}

/** The mark of what a process so marked starts. */
export const toolMark = (mark: string): string => (mark.endsWith('/tool') ? mark : `${mark}/tool`);

/** Start of a process in clock ticks since boot (proc_pid_stat(5), field 22); undefined when it is gone. */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** The marked processes alive on this machine. Empty where there is no procfs. */
export async function listMarkedProcesses(): Promise<MarkedProcess[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readMark));
  return found.filter((process) => process !== undefined);
}

const pattern = new RegExp(
  `(?:^|\\0)${processMarkVariable}=(?<driver>[^/\\0]+)/(?<agentPid>\\d+)/(?<agentStart>\\d+)/(?<sequence>\\d+)(?<tool>/tool)?(?:\\0|$)`,
);

/** From proc_pid_environ(5), which shows what the process was started with. */
async function readMark(pid: number): Promise<MarkedProcess | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const found = pattern.exec(environment)?.groups;
  if (found === undefined) return undefined;
  const { driver = '', agentPid, agentStart = '', sequence, tool } = found;
  return {
    pid,
    driver,
    agentPid: Number(agentPid),
    agentStart,
    sequence: Number(sequence),
    isTool: tool !== undefined,
  };
}
