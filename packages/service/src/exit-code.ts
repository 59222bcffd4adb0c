import { type ErrorKind, isCyborgError } from '@cyborgjs/core';

/**
 * Exit statuses as sysexits(3) numbers them, so that a supervisor can tell what is worth starting again: systemd's
 * `RestartPreventExitStatus=78`.
 */
const codes: Readonly<Record<ErrorKind, number>> = {
  invalid: 78,
  'not-found': 78,
  conflict: 78,
  forbidden: 78,
  unavailable: 75,
  internal: 70,
};

/** The exit status for what ended the process. */
export function exitCodeOf(error: unknown): number {
  return isCyborgError(error) ? codes[error.kind] : 70;
}

/** Says on standard error what ended the process: one line for what an operator can mend, a stack for our defects. */
export function tellFailure(error: unknown): void {
  if (!isCyborgError(error)) {
    process.stderr.write(
      `cyborgd: internal error\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return;
  }
  for (const line of error.message.split('\n')) process.stderr.write(`cyborgd: ${line}\n`);
}
