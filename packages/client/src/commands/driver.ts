import type { Command } from 'commander';
import type { DriverFilter } from '../drivers.ts';
import { driverListView } from '../render/driver-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';
import { simulatedHosts } from './simulated-hosts.ts';

/** `cyborg driver …` */
export function declareDriver(program: Command, run: CommandRunner): void {
  const driver = program.command('driver').description('drivers, as they do on each host');

  driver
    .command('list')
    .description('list the drivers of one or all hosts')
    .option('--host <name>', 'only those of this host')
    .option('--driver <id>', 'only this driver')
    .action((filter: DriverFilter, command: Command) =>
      run(command, async (context) => {
        const { client, terminal, signal } = context;
        const drivers = await collect(client.drivers.list(filter, { signal }));
        terminal.show(driverListView(drivers, await simulatedHosts(context)));
        return exitCode.ok;
      }),
    );
}
