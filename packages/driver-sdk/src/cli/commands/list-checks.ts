import { conformanceChecks } from '../../conformance/checks/index.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** Prints every check: its number, what must hold, and why. */
export function listChecks(terminal: Terminal): ExitCode {
  const lines = [...conformanceChecks]
    .sort((a, b) => a.id - b.id)
    .map(({ id, name, holds, why }) => `${String(id).padStart(3)}  ${name}\n     ${holds}\n     ${why}`);
  terminal.print(lines.join('\n\n'));
  return exitCode.ok;
}
