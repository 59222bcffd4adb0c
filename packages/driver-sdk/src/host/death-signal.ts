import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const setpriv = '/usr/bin/setpriv';
const command = [setpriv, '--pdeathsig', 'TERM', '--'] as const;

let found: Promise<readonly string[]> | undefined;

/**
 * What to put before a command line so that the kernel ends the process when this one dies, however it dies and
 * whatever the process is busy with: util-linux's setpriv. Empty where there is none; then only a process whose
 * event loop turns notices the end. The signal is SIGTERM, which a critical section ignores.
 */
export function deathSignalCommand(): Promise<readonly string[]> {
  found ??= promisify(execFile)(setpriv, [...command.slice(1), setpriv, '--version']).then(
    () => command,
    () => [],
  );
  return found;
}
