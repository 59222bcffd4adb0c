import { type Command, InvalidArgumentError } from 'commander';
import type { View } from '../render/view.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { keepShowing } from './keep-showing.ts';

/** Whether a list is looked at again and again, and how often. */
export interface WatchFlags {
  /** Seconds; true for the usual pause. */
  readonly watch?: number | true | undefined;
}

const usualPauseSeconds = 2;

/** Adds `--watch` to a list command. */
export function addWatchOption(command: Command): Command {
  return command.option(
    '-w, --watch [seconds]',
    `look again every ${usualPauseSeconds} seconds or so many, until q or Ctrl-C`,
    (text) => {
      const seconds = Number(text);
      if (text !== '' && seconds >= 0.5 && seconds <= 3600) return seconds;
      throw new InvalidArgumentError('Expected seconds, from 0.5 to 3600.');
    },
  );
}

/** Shows a list once, or until somebody has seen enough. */
export async function showList(
  context: CommandContext,
  { watch }: WatchFlags,
  look: (context: CommandContext) => Promise<View>,
): Promise<ExitCode> {
  if (watch !== undefined) {
    const seconds = watch === true ? usualPauseSeconds : watch;
    return keepShowing(context, { title: 'cyborg', seconds, look: () => look(context) });
  }
  context.terminal.show(await look(context));
  return exitCode.ok;
}
