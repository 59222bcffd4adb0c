import type { Command } from 'commander';
import { deviceListView, deviceView } from '../render/device-views.ts';
import { healthView } from '../render/health-view.ts';
import { type Installation, installDevices, switchDevices } from './change-devices.ts';
import type { CommandRunner } from './command-context.ts';
import {
  addConditionOptions,
  conditionsIn,
  type DeviceConditions,
  listByConditions,
} from './device-conditions.ts';
import { addOption } from './driver-option.ts';
import { exitCode } from './exit-code.ts';
import { findDevices } from './find-devices.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { addSelection } from './select-devices.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';

const idText = 'id, the beginning of one, or host:address';

/** `cyborg device …` */
export function declareDevice(program: Command, run: CommandRunner): void {
  const device = program.command('device').description('devices: accelerator cards and their life cycle');
  declareList(device, run);
  declareShow(device, run);
  declareHealth(device, run);

  for (const { verb, text } of installations) {
    addSelection(addWaitOptions(device.command(verb).description(text)), idText)
      .option(
        '--dry-run',
        'change nothing; show what would be done to the machine, with conditions to which devices',
      )
      .option('--profile <name>', 'layout wanted, as the driver names it')
      .option('--option <name=value>', 'option of the driver; may be repeated', addOption)
      .action((texts: string[], flags: InstallFlags, command: Command) =>
        run(command, (context) => installDevices(context, installationOf(verb, texts, flags))),
      );
  }
  for (const { verb, text } of switches) {
    addSelection(device.command(verb).description(text), idText)
      .option('--dry-run', 'change nothing; show what would be done to which devices')
      .action((texts: string[], { dryRun: planOnly, ...flags }: SelectionFlags, command: Command) =>
        run(command, (context) => switchDevices(context, verb, { ...flags, texts, planOnly })),
      );
  }
}

/** A rehearsal on the machines is for devices that are named; of others it is shown which they are. */
function installationOf(
  verb: Installation['verb'],
  texts: readonly string[],
  { wait, dryRun = false, profile, option: options, ...flags }: InstallFlags,
): Installation {
  const isNamed = texts.length > 0;
  return {
    verb,
    selection: { ...flags, texts, planOnly: dryRun && !isNamed },
    wait,
    ...(dryRun && isNamed ? { dryRun } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(options === undefined ? {} : { options }),
  };
}

const installations = [
  { verb: 'ready', text: 'install devices and give them out from then on' },
  { verb: 'uninstall', text: 'take the installation of devices back' },
] as const;

const switches = [
  { verb: 'enable', text: 'give disabled devices out again' },
  { verb: 'disable', text: 'give devices to no further consumer; those who hold them keep them' },
] as const;

interface SelectionFlags extends DeviceConditions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

interface InstallFlags extends WaitFlags, SelectionFlags {
  readonly profile?: string;
  readonly option?: Readonly<Record<string, string>>;
}

interface ListFlags extends LimitFlags, WatchFlags, DeviceConditions {}

function declareList(device: Command, run: CommandRunner): void {
  addWatchOption(addLimitOption(addConditionOptions(device.command('list'))))
    .description('list devices; all conditions must hold')
    .action(({ limit, watch, ...flags }: ListFlags, command: Command) =>
      run(command, (context) =>
        showList(context, { watch }, async ({ client, signal }) => {
          const found = listByConditions(client, conditionsIn(flags), { signal });
          return deviceListView(await collect(found, limit));
        }),
      ),
    );
}

function declareShow(device: Command, run: CommandRunner): void {
  device
    .command('show')
    .description('show one device with its deployables and handles')
    .argument('<device>', idText)
    .action((text: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        for (const found of await findDevices(client, [text], { signal })) terminal.show(deviceView(found));
        return exitCode.ok;
      }),
    );
}

function declareHealth(device: Command, run: CommandRunner): void {
  addWatchOption(addLimitOption(device.command('health')))
    .description('show how a device felt, why, and for how long, the newest first')
    .argument('<device>', idText)
    .action((text: string, { limit, watch }: LimitFlags & WatchFlags, command: Command) =>
      run(command, (context) =>
        showList(context, { watch }, async ({ client, signal }) => {
          const [found] = await findDevices(client, [text], { signal });
          if (found === undefined) return healthView([]);
          return healthView(await collect(client.devices.health(found.id, { signal }), limit));
        }),
      ),
    );
}
