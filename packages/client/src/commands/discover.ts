import type { Command } from 'commander';
import { operationEndsView } from '../render/outcome-views.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';
import { noteHowToWait, tellFailures, watchOperations } from './watch-operations.ts';

interface DiscoverFlags extends WaitFlags {
  readonly driver?: string;
}

/** `cyborg discover HOST` */
export function declareDiscover(program: Command, run: CommandRunner): void {
  addWaitOptions(program.command('discover'))
    .description('let the drivers of a host look for devices again')
    .argument('<host>', 'name of the host')
    .option('--driver <id>', 'only this driver')
    .action((host: string, flags: DiscoverFlags, command: Command) =>
      run(command, (context) => discover(context, host, flags)),
    );
}

async function discover(
  context: CommandContext,
  host: string,
  { wait, ...which }: DiscoverFlags,
): Promise<ExitCode> {
  const { client, signal, terminal } = context;
  const operation = await client.hosts.discover(host, { ...which, signal });
  const begun = [{ label: host, operation }];
  const watched = wait ? await watchOperations(context, begun) : begun;
  terminal.show({ ...operationEndsView(watched), json: watched[0]?.operation });
  if (wait) return tellFailures(terminal, watched);
  noteHowToWait(terminal, [operation]);
  return exitCode.ok;
}
