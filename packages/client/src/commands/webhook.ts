import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Webhook } from '@cyborgjs/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  createdWebhookView,
  rotatedWebhookView,
  webhookListView,
  webhookTestView,
  webhookView,
} from '../render/webhook-views.ts';
import type { WebhookChange } from '../webhooks.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';
import { UsageError } from './usage-error.ts';

const whichText = 'name or id';

/** `cyborg webhook …` */
export function declareWebhook(program: Command, run: CommandRunner): void {
  const webhook = program
    .command('webhook')
    .description('webhooks: addresses that events are sent to, signed, in order, at least once');
  declareReads(webhook, run);
  declareCreate(webhook, run);
  declareSet(webhook, run);
  declareTest(webhook, run);
  declareDelete(webhook, run);
}

function declareReads(webhook: Command, run: CommandRunner): void {
  addWatchOption(webhook.command('list'))
    .description('list all webhooks and how delivering stands')
    .action((flags: WatchFlags, command: Command) =>
      run(command, (context) =>
        showList(context, flags, async ({ client, signal }) =>
          webhookListView(await collect(client.webhooks.list({ signal }))),
        ),
      ),
    );
  webhook
    .command('show')
    .description('show one webhook')
    .argument('<webhook>', whichText)
    .action((which: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(webhookView(await client.webhooks.get(which, { signal })));
        return exitCode.ok;
      }),
    );
}

interface CommonFlags {
  readonly event?: string[];
  readonly secretFile?: string;
  readonly after?: number;
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--event <types...>', "types of events: device.state, or 'device.*'")
    .option('--secret-file <file>', 'file that holds the secret to sign with: whsec_ and base64')
    .option('--after <event>', 'only events after the one with this id; 0 for all that are kept', eventId);
}

function declareCreate(webhook: Command, run: CommandRunner): void {
  addCommonOptions(webhook.command('create'))
    .description(
      'make a webhook; prints the secret that deliveries are signed with, this once, unless it is given',
    )
    .argument('<name>', 'how it is called')
    .argument('<url>', 'where to send events: https, or http for a loopback address of the service')
    .option('--disabled', 'send nothing until it is enabled')
    .action(
      (...[name, url, flags, command]: [string, string, CommonFlags & { disabled?: boolean }, Command]) =>
        run(command, async ({ client, terminal, signal }) => {
          const { disabled = false } = flags;
          const wanted = {
            name,
            url,
            ...commonOf(flags),
            ...(disabled ? { state: 'disabled' as const } : {}),
          };
          const made = await client.webhooks.create(wanted, { signal });
          terminal.show(flags.secretFile === undefined ? createdWebhookView(made) : webhookView(made));
          return exitCode.ok;
        }),
    );
}

interface SetFlags extends CommonFlags {
  readonly name?: string;
  readonly url?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly newSecret?: boolean;
  readonly oldSecretValid?: number;
}

function declareSet(webhook: Command, run: CommandRunner): void {
  addCommonOptions(webhook.command('set'))
    .description('change a webhook, and try anew at once what had failed; what is not named stays')
    .argument('<webhook>', whichText)
    .option('--name <name>', 'call it so')
    .option('--url <url>', 'send events there')
    .option('--enable', 'send events, those since it was disabled first')
    .addOption(new Option('--disable', 'send none').conflicts('enable'))
    .addOption(
      new Option('--new-secret', 'make a new secret; it is printed this once').conflicts('secretFile'),
    )
    .option('--old-secret-valid <hours>', 'how long the secret before signs too; a day otherwise', hours)
    .action((which: string, flags: SetFlags, command: Command) =>
      run(command, (context) => setWebhook(context, which, flags)),
    );
}

async function setWebhook(context: CommandContext, which: string, flags: SetFlags): Promise<ExitCode> {
  const { client, terminal, signal } = context;
  const { name, url, enable, disable, newSecret, oldSecretValid } = flags;
  const fresh = newSecret === true ? `whsec_${randomBytes(32).toString('base64')}` : undefined;
  const state = enable === true ? 'enabled' : disable === true ? 'disabled' : undefined;
  const change: WebhookChange = {
    ...commonOf(flags),
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
    ...(state === undefined ? {} : { state }),
    ...(fresh === undefined ? {} : { secret: fresh }),
    ...(oldSecretValid === undefined ? {} : { oldSecretValidMs: oldSecretValid * 3_600_000 }),
  };
  if (Object.keys(change).length === 0)
    throw new UsageError('nothing is to be changed; say what (see: cyborg webhook set --help)');
  const webhook = await client.webhooks.change(which, change, { signal });
  terminal.show(fresh === undefined ? webhookView(webhook) : rotatedWebhookView(webhook, fresh));
  return exitCode.ok;
}

function declareTest(webhook: Command, run: CommandRunner): void {
  webhook
    .command('test')
    .description('send a message of type webhook.test now, and tell what came of it')
    .argument('<webhook>', whichText)
    .action((which: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const test = await client.webhooks.test(which, { signal });
        terminal.show(webhookTestView(which, test));
        if (test.delivered) return exitCode.ok;
        terminal.fault(`webhook ${which}: not delivered: ${test.failure ?? 'no reason is known'}`);
        return exitCode.failed;
      }),
    );
}

function declareDelete(webhook: Command, run: CommandRunner): void {
  webhook
    .command('delete')
    .description('delete webhooks; what they have not got, they do not get')
    .argument('<webhook...>', whichText)
    .action((names: string[], _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const found: Webhook[] = [];
        for (const name of names) found.push(await client.webhooks.get(name, { signal }));
        for (const { id } of found) await client.webhooks.remove(id, { signal });
        terminal.show({
          json: found,
          names: found.map(({ name }) => name),
          text: () => found.map(({ name }) => `webhook ${name}: deleted`).join('\n'),
        });
        return exitCode.ok;
      }),
    );
}

function commonOf({ event: events, secretFile, after }: CommonFlags) {
  return {
    ...(events === undefined ? {} : { events }),
    ...(after === undefined ? {} : { after }),
    ...(secretFile === undefined ? {} : { secret: readSecret(secretFile) }),
  };
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`the secret cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function eventId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected the id of an event, or 0.');
}

function hours(text: string): number {
  const count = Number(text);
  if (text !== '' && count >= 0 && count <= 168) return count;
  throw new InvalidArgumentError('Expected hours, from 0 to 168.');
}
