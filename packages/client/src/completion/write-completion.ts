import type { Command } from 'commander';
import { bashCompletion } from './bash-completion.ts';
import { listCommands } from './command-tree.ts';
import { fishCompletion } from './fish-completion.ts';
import { zshCompletion } from './zsh-completion.ts';

/** The shells that can be taught. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script that teaches a shell the commands and options of a program; made from the program itself. */
export function writeCompletion(program: Command, shell: Shell): string {
  const commands = listCommands(program);
  const write = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell];
  return write(program.name(), commands);
}
