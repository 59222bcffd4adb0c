import { readdir, readFile, readlink } from 'node:fs/promises';

/** Environment variable that a driver's process carries, and every tool that it runs. */
export const processMarkVariable = 'CYBORG_DRIVER_PROCESS';

/** The process of an agent, told apart from any other that has ever run. */
export interface AgentIdentity {
  readonly agentPid: number;
  /** Its start in clock ticks since boot (proc_pid_stat(5), field 22). */
  readonly agentStart: string;
  /** The pid namespace in which that is its pid: the inode number of pid_namespaces(7). */
  readonly namespace: string;
}

/** Which process of a driver, started by which agent. */
export interface ProcessMark extends AgentIdentity {
  readonly driver: string;
  readonly sequence: number;
}

export interface MarkedProcess extends ProcessMark {
  readonly pid: number;
  /** Whether it is a tool of the driver's process, not that itself. */
  readonly isTool: boolean;
}

/** The mark of a driver's process, as the environment variable holds it. */
export function formatProcessMark(mark: ProcessMark): string {
  const { driver, agentPid, agentStart, namespace, sequence } = mark;
  return [driver, agentPid, agentStart, namespace, sequence].join('/');
}

/** The mark of what a process so marked starts. */
export const toolMark = (mark: string): string => (mark.endsWith('/tool') ? mark : `${mark}/tool`);

/** This process as an agent. */
export async function ownIdentity(): Promise<AgentIdentity> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  const namespace = /\d+/.exec(link)?.[0] ?? '0';
  return { agentPid: process.pid, agentStart: (await startOfProcess(process.pid)) ?? '0', namespace };
}

/** Whether the agent that set a mark still runs. One of another pid namespace is taken to. */
export async function isAgentAlive(mark: ProcessMark, own: AgentIdentity): Promise<boolean> {
  return mark.namespace !== own.namespace || (await startOfProcess(mark.agentPid)) === mark.agentStart;
}

async function startOfProcess(pid: number): Promise<string | undefined> {
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
  `(?:^|\\0)${processMarkVariable}=(?<driver>[^/\\0]+)/(?<agentPid>\\d+)/(?<agentStart>\\d+)/(?<namespace>\\d+)/(?<sequence>\\d+)(?<tool>/tool)?(?:\\0|$)`,
);

/** From proc_pid_environ(5), which shows what the process was started with. */
async function readMark(pid: number): Promise<MarkedProcess | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const found = pattern.exec(environment)?.groups;
  if (found === undefined) return undefined;
  const { driver = '', agentPid, agentStart = '', namespace = '', sequence, tool } = found;
  return {
    pid,
    driver,
    agentPid: Number(agentPid),
    agentStart,
    namespace,
    sequence: Number(sequence),
    isTool: tool !== undefined,
  };
}
