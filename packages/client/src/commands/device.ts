import { DeviceKind, DeviceState, Health } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { DeviceFilter } from '../devices.ts';
import { deviceListView, deviceView } from '../render/device-views.ts';
import { installDevices, switchDevices } from './change-devices.ts';
import { oneOf } from './choices.ts';
import type { CommandRunner } from './command-context.ts';
import { addOption } from './driver-option.ts';
import { exitCode } from './exit-code.ts';
import { findDevices } from './find-devices.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';

const idText = 'id, the beginning of one, or host:address';

/** `cyborg device …` */
export function declareDevice(program: Command, run: CommandRunner): void {
  const device = program.command('device').description('devices: accelerator cards and their life cycle');
  declareList(device, run);
  declareShow(device, run);

  for (const { verb, text } of installations) {
    addWaitOptions(device.command(verb).description(text))
      .argument('<device...>', idText)
      .option('--dry-run', 'change nothing; show what would be done to the machine')
      .option('--profile <name>', 'layout wanted, as the driver names it')
      .option('--option <name=value>', 'option of the driver; may be repeated', addOption)
      .action((texts: string[], { option: options, ...flags }: InstallFlags, command: Command) =>
        run(command, (context) =>
          installDevices(context, { verb, texts, ...flags, ...(options === undefined ? {} : { options }) }),
        ),
      );
  }
  for (const { verb, text } of switches) {
    device
      .command(verb)
      .description(text)
      .argument('<device...>', idText)
      .action((texts: string[], _options, command: Command) =>
        run(command, (context) => switchDevices(context, verb, texts)),
      );
  }
}

const installations = [
  { verb: 'ready', text: 'install devices and give them out from then on' },
  { verb: 'uninstall', text: 'take the installation of devices back' },
] as const;

const switches = [
  { verb: 'enable', text: 'give disabled devices out again' },
  { verb: 'disable', text: 'give devices to no further consumer; those who hold them keep them' },
] as const;

interface InstallFlags extends WaitFlags {
  readonly dryRun?: boolean;
  readonly profile?: string;
  readonly option?: Readonly<Record<string, string>>;
}

interface ListFlags extends LimitFlags, WatchFlags, Omit<DeviceFilter, 'q'> {
  readonly search?: string;
}

function declareList(device: Command, run: CommandRunner): void {
  addWatchOption(addLimitOption(device.command('list')))
    .description('list devices; all conditions must hold')
    .option('--host <name>', 'only those of this host')
    .option('--driver <id>', 'only those found by this driver')
    .option('--kind <kind>', `only of this kind: ${DeviceKind.options.join(', ')}`, oneOf(DeviceKind.options))
    .option('--vendor <id>', 'only of this vendor, by PCI vendor id such as 10de')
    .addOption(new Option('--state <state>', 'only in this state').choices(DeviceState.options))
    .addOption(new Option('--health <health>', 'only of this health').choices(Health.shape.state.options))
    .option('--search <text>', 'only those with this text in what is known of them')
    .action(({ search, limit, watch, ...filter }: ListFlags, command: Command) =>
      run(command, (context) =>
        showList(context, { watch }, async ({ client, signal }) => {
          const wanted = { ...filter, ...(search === undefined ? {} : { q: search }) };
          return deviceListView(await collect(client.devices.list(wanted, { signal }), limit));
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
