import { normaliseUuid, type UploadedImage } from '@cyborgjs/core';
import type { Command } from 'commander';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import { deletedImagesView, imageListView } from '../render/image-views.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findByPrefix, isIdPrefix } from './id-prefix.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { UsageError } from './usage-error.ts';

/** `cyborg image …` */
export function declareImage(program: Command, run: CommandRunner): void {
  const image = program
    .command('image')
    .description('images that were uploaded, by: cyborg deployable program --file');
  addLimitOption(image.command('list'))
    .description('list uploaded images, also those that were cut off')
    .action(({ limit }: LimitFlags, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(imageListView(await collect(client.images.list({ signal }), limit)));
        return exitCode.ok;
      }),
    );
  image
    .command('delete')
    .description('throw uploaded images away; what devices were programmed with stays in them')
    .argument('<image...>', 'id or the beginning of one')
    .action((texts: string[], _options, command: Command) =>
      run(command, (context) => deleteImages(context, texts)),
    );
}

/** All are looked up before the first is thrown away. */
async function deleteImages(
  { client, terminal, signal }: CommandContext,
  texts: readonly string[],
): Promise<ExitCode> {
  const found = new Map<string, UploadedImage>();
  for (const text of texts) {
    const image = await findImage(client, text, { signal });
    found.set(image.id, image);
  }
  for (const id of found.keys()) await client.images.delete(id, { signal });
  terminal.show(deletedImagesView([...found.values()]));
  return exitCode.ok;
}

async function findImage(client: CyborgClient, text: string, options: CallOptions): Promise<UploadedImage> {
  const id = normaliseUuid(text);
  if (id !== undefined) return client.images.get(id, options);
  if (!isIdPrefix(text))
    throw new UsageError(
      `"${text}" is no uploaded image: give its id, at least the first 4 characters (see: cyborg image list)`,
    );
  return findByPrefix(client.images.list(options), text, {
    noun: 'image',
    describe: (image) => `${image.id} (${image.size} bytes)`,
  });
}
