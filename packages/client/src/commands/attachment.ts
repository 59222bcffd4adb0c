import { AttachmentState, Consumer } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { AttachmentFilter } from '../attachments.ts';
import { attachmentListView, attachmentView } from '../render/attachment-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { findAttachment } from './find-attachment.ts';
import { findDevices } from './find-devices.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';

interface ListFlags extends LimitFlags, AttachmentFilter {}

/** `cyborg attachment …` */
export function declareAttachment(program: Command, run: CommandRunner): void {
  const attachment = program
    .command('attachment')
    .description('attachments: accelerators given to consumers directly');
  addLimitOption(attachment.command('list'))
    .description('list attachments; all conditions must hold')
    .addOption(new Option('--state <state>', 'only in this state').choices(AttachmentState.options))
    .option('--host <name>', 'only those on this host')
    .option('--device <device>', 'only those of this device, by id, beginning of one, or host:address')
    .option('--consumer <name>', 'only those of this consumer')
    .addOption(
      new Option('--consumer-type <type>', 'only those of such consumers').choices(
        Consumer.shape.type.options,
      ),
    )
    .action(({ limit, device, ...filter }: ListFlags, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const [found] = device === undefined ? [] : await findDevices(client, [device], { signal });
        const wanted = found === undefined ? filter : { ...filter, device: found.id };
        terminal.show(attachmentListView(await collect(client.attachments.list(wanted, { signal }), limit)));
        return exitCode.ok;
      }),
    );
  attachment
    .command('show')
    .description('show one attachment')
    .argument('<attachment>', 'id or the beginning of one')
    .action((text: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(attachmentView(await findAttachment(client, text, { signal })));
        return exitCode.ok;
      }),
    );
}
