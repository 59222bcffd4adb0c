import type { Device, DeviceStats } from '@cyborgjs/core';
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

/** Looks at once at most; a cloud has more devices than a service wants questions at a time. */
const looksAtOnce = 8;

async function lookAtDevices({ client, signal }: CommandContext, host: string | undefined) {
  const devices = await collect(client.devices.list(host === undefined ? {} : { host }, { signal }));
  const stats = new Map<string, DeviceStats>();
  const waiting = [...devices];
  const readNext = async (): Promise<void> => {
    for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
      const read = await readStats(device, { client, signal });
      if (read !== undefined) stats.set(device.id, read);
    }
  };
  await Promise.all(Array.from({ length: looksAtOnce }, readNext));
  return topView(devices, stats);
}

/** Undefined where there is nothing to be had: an older service, or a device that went between two questions. */
async function readStats(
  { id }: Device,
  { client, signal }: Pick<CommandContext, 'client' | 'signal'>,
): Promise<DeviceStats | undefined> {
  try {
    return await client.devices.stats(id, { signal });
  } catch (error) {
    if (isCyborgApiError(error) && error.status === 404) return undefined;
    throw error;
  }
}
