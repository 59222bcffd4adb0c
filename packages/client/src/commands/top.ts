import type { DeviceStats } from '@cyborgjs/core';
import type { Command } from 'commander';
import { isCyborgApiError } from '../cyborg-api-error.ts';
import { topView } from '../render/top-view.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { keepShowing } from './keep-showing.ts';
import { collect } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';

const topHelp = `
Busiest and sickest devices first. What a driver does not read is shown as "-".
With --json: one document on one line for each look, or one document with --once.
`;

interface TopFlags extends WatchFlags {
  readonly host?: string;
  readonly once?: boolean;
}

/** `cyborg top` */
export function declareTop(program: Command, run: CommandRunner): void {
  addWatchOption(program.command('top'))
    .description('watch devices: use, health, load, temperature and power')
    .option('--host <name>', 'only those of this host')
    .option('--once', 'print it once and end')
    .addHelpText('after', topHelp)
    .action(({ host, once = false, watch }: TopFlags, command: Command) =>
      run(command, (context) => {
        const look = () => lookAtDevices(context, host);
        if (once) return showList(context, {}, look);
        return keepShowing(context, {
          title: 'cyborg top',
          seconds: typeof watch === 'number' ? watch : 2,
          look,
        });
      }),
    );
}

/** Large pages: a cloud has more devices than a service wants questions in a minute. */
const pageSize = 500;

async function lookAtDevices({ client, signal }: CommandContext, host: string | undefined) {
  const filter = host === undefined ? {} : { host };
  const options = { pageSize, signal };
  const [devices, stats] = await Promise.all([
    collect(client.devices.list(filter, options)),
    collect(client.stats.list(filter, options)).catch(noneOfOlderService),
  ]);
  return topView(devices, new Map(stats.map((read) => [read.device, read])));
}

function noneOfOlderService(error: unknown): readonly DeviceStats[] {
  if (isCyborgApiError(error) && error.status === 404) return [];
  throw error;
}
