import { DriverError, isDriverError, type Machine, orAbsent, readAttribute } from '@cyborgjs/driver-sdk';

/** A process that has a device node open. */
export interface DeviceUser {
  readonly pid: number;
  /** Its command line, printable and short. */
  readonly command: string;
}

/**
 * The processes of the host that have one of some device nodes open, found by where their open files lead
 * (proc(5), `/proc/<pid>/fd`). Needs root.
 *
 * @param nodes last segments of their paths: `nvidia0`, `renderD128`
 * @throws `hardware` when the processes cannot be seen, so that nobody takes that for "none"
 */
export async function findDeviceUsers(sys: Machine, nodes: readonly string[]): Promise<DeviceUser[]> {
  const names = await sys.list('/proc');
  if (names === undefined)
    throw new DriverError('hardware', 'cannot see who uses the GPU: there is no /proc', {
      hint: "Is the host's /proc visible in the container of the agent?",
    });
  const users: DeviceUser[] = [];
  for (const name of names) {
    if (!/^[1-9]\d{0,9}$/.test(name)) continue;
    if (await hasOpen(sys, name, nodes))
      users.push({ pid: Number(name), command: await commandOf(sys, name) });
  }
  return users;
}

/** A process may end while it is looked at: then it has nothing open. */
async function hasOpen(sys: Machine, pid: string, nodes: readonly string[]): Promise<boolean> {
  try {
    for (const file of (await sys.list(`/proc/${pid}/fd`)) ?? []) {
      const target = await orAbsent(() => sys.link(`/proc/${pid}/fd/${file}`));
      if (target !== undefined && nodes.includes(target.replace(/ \(deleted\)$/, ''))) return true;
    }
    return false;
  } catch (error) {
    if (!isDriverError(error) || error.code !== 'denied') throw error;
    throw hiddenFiles(pid, await commandOf(sys, pid), error);
  }
}

function hiddenFiles(pid: string, command: string, cause: unknown): DriverError {
  return new DriverError('denied', `cannot see which files process ${pid} (${command}) has open`, {
    hint: 'Run the agent as root of the host, with CAP_SYS_PTRACE: a GPU that somebody may be using is not given out.',
    cause,
  });
}

async function commandOf(sys: Machine, pid: string): Promise<string> {
  const line = await readAttribute(sys, `/proc/${pid}/cmdline`);
  const text = line ?? (await readAttribute(sys, `/proc/${pid}/comm`)) ?? 'unknown';
  return text
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, 80);
}

/**
 * Checks that nobody on the host has a GPU open before it goes to somebody else.
 *
 * @throws `busy`, naming processes and their commands
 */
export async function requireUnused(sys: Machine, device: string, nodes: readonly string[]): Promise<void> {
  const users = nodes.length === 0 ? [] : await findDeviceUsers(sys, nodes);
  if (users.length > 0) throw usedBy(device, users);
}

/** The failure of a GPU that processes use. */
export function usedBy(device: string, users: readonly DeviceUser[], cause?: unknown): DriverError {
  const named = users.slice(0, 5).map(({ pid, command }) => `${pid} (${command})`);
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : '';
  const who = users.length === 1 ? 'process' : 'processes';
  return new DriverError('busy', `GPU ${device} is in use by ${who} ${named.join(', ')}${more}`, {
    device,
    hint: 'End them, or wait until they are done.',
    ...(cause === undefined ? {} : { cause }),
  });
}
