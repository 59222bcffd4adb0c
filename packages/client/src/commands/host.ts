import type { Command } from 'commander';
import { hostListView, hostView } from '../render/host-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';

/** `cyborg host …` */
export function declareHost(program: Command, run: CommandRunner): void {
  const host = program.command('host').description('hosts: machines with an agent');

  host
    .command('list')
    .description('list all hosts')
    .action((_options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(hostListView(await collect(client.hosts.list({ signal }))));
        return exitCode.ok;
      }),
    );

  host
    .command('show')
    .description('show one host: its drivers and why they fail, and how it stands with Placement')
    .argument('<name>', 'name of the host')
    .action((name: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(hostView(await client.hosts.get(name, { signal })));
        return exitCode.ok;
      }),
    );
}
