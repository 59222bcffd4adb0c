/** How the command ends; scripts may rely on it. */
export const exitCode = {
  ok: 0,
  /** An operation failed, or the service said no. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No answer of the service was had. */
  unreachable: 3,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
