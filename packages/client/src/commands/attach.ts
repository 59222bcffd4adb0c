import type { Attachment } from '@cyborgjs/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { plugDevice } from '../qmp/plug-device.ts';
import { openQmp } from '../qmp/qmp-session.ts';
import {
  attachmentView,
  type ConnectionFormat,
  connectionFormats,
  connectionView,
} from '../render/attachment-views.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { detachSurely } from './detach-surely.ts';
import { addOption } from './driver-option.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';

interface AttachFlags extends WaitFlags {
  readonly type: Attachment['consumer']['type'];
  readonly profile?: string;
  readonly group?: number;
  readonly class?: string;
  readonly trait?: readonly string[];
  readonly deployable?: string;
  readonly host?: string;
  readonly hotplug?: boolean;
  readonly option?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly format: ConnectionFormat | 'table' | 'json';
  readonly qmp?: string;
  readonly bus?: string;
}

const help = `
Say one of --profile, --class and --deployable. The attachment stays until "cyborg detach".

With --qmp the accelerator is plugged into a QEMU that runs on the host of the accelerator: give --host, and --bus for
a free pcie-root-port. When QEMU does not take it, it is detached again.

Examples:
  cyborg attach vm-1 --class PGPU --trait CUSTOM_NVIDIA_2335 --format libvirt > gpu.xml
  cyborg attach web-1 --type container --profile inference --format cdi > /var/run/cdi/gpu.json
  cyborg attach vm-2 --class PGPU --host node-1 --qmp /run/vm-2.qmp --bus rp0
`;

/** `cyborg attach` */
export function declareAttach(program: Command, run: CommandRunner): void {
  addWaitOptions(program.command('attach'))
    .description('give an accelerator to a consumer, and print how it takes hold of it')
    .argument('<consumer>', 'name of who gets it, as its machine or container is called')
    .addOption(
      new Option('--type <type>', 'what the consumer is')
        .choices(['instance', 'host', 'container'])
        .default('instance'),
    )
    .option('--profile <name>', 'as a device profile says')
    .option('--group <number>', 'the group of the profile, from 0, where it asks for several', wholeNumber)
    .option('--class <name>', 'of this resource class, such as PGPU')
    .option('--trait <name>', 'with this trait; may be repeated', (name, before: string[] = []) => [
      ...before,
      name,
    ])
    .option('--deployable <id>', 'of this deployable')
    .option('--host <name>', 'on this host; left out: anywhere')
    .option('--hotplug', 'one that can be plugged into a consumer that runs')
    .option('--option <name=value>', 'option of the driver; may be repeated', addOption)
    .option('--key <text>', 'the same key gives the same attachment: for asking again after a crash')
    .addOption(
      new Option('--format <format>', 'what to print')
        .choices(['table', 'json', ...connectionFormats])
        .default('table'),
    )
    .option('--qmp <socket>', 'plug it into the QEMU that listens there')
    .option('--bus <id>', 'with --qmp: the bus of the machine to plug it into')
    .addHelpText('after', help)
    .action((consumer: string, flags: AttachFlags, command: Command) =>
      run(command, (context) => attach(context, consumer, flags)),
    );
}

async function attach(context: CommandContext, consumer: string, flags: AttachFlags): Promise<ExitCode> {
  const { client, terminal, signal } = context;
  const { qmp: socket, wait } = flags;
  if (socket !== undefined && !wait) throw new UsageError('--qmp has to wait; leave --no-wait out');
  // Before anything is attached: a machine that cannot be spoken with costs nothing then.
  const qmp = socket === undefined ? undefined : await openQmp(socket);
  try {
    const begun = await client.attachments.create(wantedBy(consumer, flags), {
      signal,
      ...(flags.key === undefined ? {} : { idempotencyKey: flags.key }),
    });
    terminal.note(`attachment ${begun.id}: ${begun.state}`);
    const attachment = wait ? await client.attachments.settled(begun.id, { signal }) : begun;
    if (wait && attachment.state !== 'attached') return tellFailure(context, attachment);
    if (qmp !== undefined) {
      try {
        await plugDevice(qmp, pluggable(attachment), flags.bus);
      } catch (error) {
        return await takeBack(context, attachment, error);
      }
    }
    return show(context, attachment, flags.format);
  } finally {
    qmp?.close();
  }
}

function wantedBy(consumer: string, flags: AttachFlags) {
  const { type, profile, group, class: resourceClass, trait, deployable, host, option, qmp } = flags;
  if ([profile, resourceClass, deployable].filter((way) => way !== undefined).length !== 1)
    throw new UsageError('say one of --profile, --class and --deployable');
  const hotplug = flags.hotplug === true || qmp !== undefined;
  return {
    consumer: { type, id: consumer },
    ...(profile === undefined ? {} : { deviceProfile: profile }),
    ...(group === undefined ? {} : { group }),
    ...(resourceClass === undefined ? {} : { resourceClass }),
    ...(trait === undefined ? {} : { traits: trait }),
    ...(deployable === undefined ? {} : { deployable }),
    ...(host === undefined ? {} : { host }),
    ...(hotplug ? { hotplug } : {}),
    ...(option === undefined ? {} : { options: option }),
  };
}

function pluggable({ connection, handle }: Attachment) {
  if (connection?.qmp != null) return connection.qmp;
  throw new Error(`a QEMU cannot take ${handle?.type ?? 'this'}`);
}

/** Nothing stays held that nobody has: what the machine did not take is detached again. */
async function takeBack(context: CommandContext, { id }: Attachment, error: unknown): Promise<ExitCode> {
  const { client, terminal } = context;
  const why = error instanceof Error ? error.message : String(error);
  terminal.fault(`QEMU did not take it: ${why}; it is being detached again`, error);
  try {
    await detachSurely(context, id);
    const { state, failure } = await client.attachments.settled(id);
    if (state === 'detached') return exitCode.failed;
    terminal.fault(`attachment ${id} is ${state}: ${failure ?? 'see cyborg attachment show'}`);
  } catch (trouble) {
    terminal.fault(`attachment ${id} may still be held, and no machine has it: cyborg detach ${id}`);
    throw trouble;
  }
  return exitCode.failed;
}

function tellFailure({ terminal }: CommandContext, attachment: Attachment): ExitCode {
  terminal.show(attachmentView(attachment));
  terminal.fault(
    `attachment ${attachment.id} is ${attachment.state}: ${attachment.failure ?? 'no reason is known'}`,
  );
  return exitCode.failed;
}

function show({ terminal }: CommandContext, attachment: Attachment, format: AttachFlags['format']): ExitCode {
  if (format === 'table' || format === 'json') {
    const view = attachmentView(attachment);
    terminal.show(
      format === 'table' ? view : { ...view, text: () => JSON.stringify(view.json, undefined, 2) },
    );
    return exitCode.ok;
  }
  const view = connectionView(attachment, format);
  if (view !== undefined) {
    terminal.show(view);
    return exitCode.ok;
  }
  const way = `To give it back: cyborg detach ${attachment.id}`;
  terminal.fault(
    `there is nothing for ${format} to take hold of ${attachment.handle?.type ?? 'it'} by. ${way}`,
  );
  return exitCode.failed;
}

function wholeNumber(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 0.');
}
