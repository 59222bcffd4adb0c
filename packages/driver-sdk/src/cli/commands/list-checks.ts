import { conformanceChecks } from '../../conformance/checks/index.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** Prints every check with its number and why it is there. */
export function listChecks(terminal: Terminal): ExitCode {
  const lines = [...conformanceChecks]
    .sort((a, b) => a.id - b.id)
    .map(({ id, name, why }) => `${String(id).padStart(3)}  ${name.padEnd(20)} ${why}`);
  terminal.print(lines.join('\n'));
  return exitCode.ok;
}
