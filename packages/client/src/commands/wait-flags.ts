import type { Command } from 'commander';

/** Whether to stay until an operation has ended. */
export interface WaitFlags {
  readonly wait: boolean;
}

/** Adds `--wait` (the default) and `--no-wait` to a command. */
export function addWaitOptions(command: Command): Command {
  return command
    .option('--wait', 'stay until the operation has ended', true)
    .option('--no-wait', 'only begin it');
}
