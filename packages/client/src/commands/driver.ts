import type { Command } from 'commander';
import type { DriverFilter } from '../drivers.ts';
import { driverListView } from '../render/driver-views.ts';
import type { CommandRunner } from './command-context.ts';
import { collect } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';
import { simulatedHosts } from './simulated-hosts.ts';

/** `cyborg driver …` */
export function declareDriver(program: Command, run: CommandRunner): void {
  const driver = program.command('driver').description('drivers, as they do on each host');

  addWatchOption(driver.command('list'))
    .description('list the drivers of one or all hosts')
    .option('--host <name>', 'only those of this host')
    .option('--driver <id>', 'only this driver')
    .action(({ watch, ...filter }: DriverFilter & WatchFlags, command: Command) =>
      run(command, (context) =>
        showList(context, { watch }, async ({ client, signal }) => {
          const drivers = await collect(client.drivers.list(filter, { signal }));
          return driverListView(drivers, await simulatedHosts(context));
        }),
      ),
    );
}
