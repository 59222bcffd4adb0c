import type { Command } from 'commander';
import type { CyborgClient } from '../cyborg-client.ts';
import type { ExitCode } from './exit-code.ts';
import type { LiveLines } from './live-lines.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface CommandContext {
  readonly client: CyborgClient;
  readonly terminal: Terminal;
  /** Where progress is drawn; undefined when standard error is no terminal or nothing is to be drawn. */
  readonly live: LiveLines | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What a command does; the number is what it ends with. */
export type CommandWork = (context: CommandContext) => Promise<ExitCode>;

/** Runs the work of a command with what its options say, and turns errors into exit codes. */
export type CommandRunner = (command: Command, work: CommandWork) => Promise<void>;
