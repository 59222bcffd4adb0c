import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DriverError } from '../driver-error.ts';

const setpriv = '/usr/bin/setpriv';
const run = promisify(execFile);

const found = new Map<string, Promise<readonly string[]>>();

/**
 * What to put before the command line of a driver's process: util-linux's setpriv, by which the kernel ends the
 * process when this one dies, however it dies and whatever the process is busy with (with SIGTERM, which a critical
 * section ignores), and never gives it more rights than it has. With a user, the process runs as that one, in that
 * user's groups.
 *
 * Empty where there is no setpriv; then only a process whose event loop turns notices the end of its host. A user
 * needs setpriv, and an agent that may change its user: else `invalid`.
 */
export function processWrapper(user?: string): Promise<readonly string[]> {
  const key = user ?? '';
  const known = found.get(key);
  if (known !== undefined) return known;
  const wrapper = user === undefined ? withoutUser() : asUser(user);
  found.set(key, wrapper);
  wrapper.catch(() => found.delete(key));
  return wrapper;
}

const usual = ['--pdeathsig', 'TERM', '--no-new-privs'] as const;

async function withoutUser(): Promise<readonly string[]> {
  return (await complaintOf(usual)) === undefined ? [setpriv, ...usual, '--'] : [];
}

async function asUser(user: string): Promise<readonly string[]> {
  const group = await run('/usr/bin/id', ['-g', user]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (group === undefined) throw cannotBe(user, 'there is no such user');
  const flags = [...usual, '--reuid', user, '--regid', group, '--init-groups'];
  const complaint = await complaintOf(flags);
  if (complaint !== undefined) throw cannotBe(user, complaint);
  return [setpriv, ...flags, '--'];
}

/** Why setpriv cannot do what the flags say; undefined when it can. */
function complaintOf(flags: readonly string[]): Promise<string | undefined> {
  return run(setpriv, [...flags, '--', setpriv, '--version']).then(
    () => undefined,
    (error: unknown) => String(error instanceof Error ? error.message : error).trim(),
  );
}

const cannotBe = (user: string, why: string): DriverError =>
  new DriverError('invalid', `no process can be started as user ${user}: ${why}`, {
    hint: 'Name a user of this machine; the agent must run as root, with setpriv (util-linux) installed.',
  });
