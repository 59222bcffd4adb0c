import type { Session } from '@cyborgjs/openstack-session';
import type { Command } from 'commander';
import type { CyborgClient } from '../cyborg-client.ts';
import type { Connection } from './connection.ts';
import type { ExitCode } from './exit-code.ts';
import type { LiveLines } from './live-lines.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface CommandContext {
  readonly client: CyborgClient;
  /** Where the service is, and as whom it is called. */
  readonly connection: Connection;
  readonly terminal: Terminal;
  /** Where progress is drawn; undefined when standard error is no terminal or nothing is to be drawn. */
  readonly live: LiveLines | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The other services of the cloud that flags or `OS_` variables name; undefined when they name none. */
  readonly openCloud: () => Promise<Session | undefined>;
}

/** What a command does; the number is what it ends with. */
export type CommandWork = (context: CommandContext) => Promise<ExitCode>;

/** Runs the work of a command with what its options say, and turns errors into exit codes. */
export type CommandRunner = (command: Command, work: CommandWork) => Promise<void>;
