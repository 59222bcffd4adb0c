import type { Command } from 'commander';
import { hostListView, hostView } from '../render/host-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';

/** `cyborg host …` */
export function declareHost(program: Command, run: CommandRunner): void {
  const host = program.command('host').description('hosts: machines with an agent');

  addWatchOption(host.command('list'))
    .description('list all hosts')
    .action((flags: WatchFlags, command: Command) =>
      run(command, (context) =>
        showList(context, flags, async ({ client, signal }) =>
          hostListView(await collect(client.hosts.list({ signal }))),
        ),
      ),
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
