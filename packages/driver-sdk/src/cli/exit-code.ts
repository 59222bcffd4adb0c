/** How `cyborg-driver` ends. */
export const exitCode = {
  ok: 0,
  /** The driver failed a check, or something is not as it must be for what was asked. */
  failed: 1,
  /** The command line or the package is wrong: nothing was tried. */
  usage: 2,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
