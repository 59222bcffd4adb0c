import type { Attachment } from '@cyborgjs/core';
import { type Command, InvalidArgumentError } from 'commander';
import { unplugDevice } from '../qmp/plug-device.ts';
import { openQmp } from '../qmp/qmp-session.ts';
import { attachmentView } from '../render/attachment-views.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { detachSurely } from './detach-surely.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findAttachment } from './find-attachment.ts';
import { UsageError } from './usage-error.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';

interface DetachFlags extends WaitFlags {
  readonly force?: boolean;
  readonly qmp?: string;
  readonly timeout: number;
}

/** `cyborg detach` */
export function declareDetach(program: Command, run: CommandRunner): void {
  addWaitOptions(program.command('detach'))
    .description('take an accelerator back; without --force it waits until the consumer lets go')
    .argument('<attachment>', 'id or the beginning of one')
    .option('--force', 'detach it whoever holds it')
    .option('--qmp <socket>', 'first pull it out of the QEMU that listens there')
    .option('--timeout <seconds>', 'with --qmp: how long its guest may take to let go', seconds, 60)
    .action((text: string, flags: DetachFlags, command: Command) =>
      run(command, (context) => detach(context, text, flags)),
    );
}

async function detach(context: CommandContext, text: string, flags: DetachFlags): Promise<ExitCode> {
  const { client, terminal, signal } = context;
  const attachment = await findAttachment(client, text, { signal });
  const { id } = attachment;
  const way = { force: flags.force === true, signal };
  if (flags.qmp !== undefined) await unplug(attachment, flags.qmp, flags.timeout * 1000);
  const begun = await (flags.qmp === undefined
    ? client.attachments.detach(id, way)
    : detachSurely(context, id, way));
  const ended = flags.wait ? await client.attachments.settled(id, { signal }) : begun;
  terminal.show(attachmentView(ended));
  if (ended.state !== 'detach_failed') return exitCode.ok;
  terminal.fault(`attachment ${id} is not detached: ${ended.failure ?? 'no reason is known'}`);
  return exitCode.failed;
}

/**
 * Throws UsageError where there is nothing to pull out: what was asked for is then not half done. Of what is detached by
 * now all is done: whom nobody has answered asks for the same again.
 */
async function unplug(
  { id, state, connection, handle }: Attachment,
  socket: string,
  patienceMs: number,
): Promise<void> {
  if (state === 'detached') return;
  if (connection?.qmp == null) {
    const why =
      connection === null ? `it is ${state}` : `a QEMU cannot take ${handle?.type ?? connection.type}`;
    throw new UsageError(`attachment ${id} has nothing for --qmp to pull out: ${why}; leave --qmp out`);
  }
  const qmp = await openQmp(socket);
  try {
    await unplugDevice(qmp, connection.qmp, patienceMs);
  } finally {
    qmp.close();
  }
}

function seconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected whole seconds from 1.');
}
