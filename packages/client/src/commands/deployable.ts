import type { Deployable, Device } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import type { ProgramSource } from '../deployables.ts';
import { deviceLabel } from '../render/device-views.ts';
import { operationEndsView } from '../render/outcome-views.ts';
import { plansView } from '../render/plan-views.ts';
import type { Watched } from '../render/progress-line.ts';
import type { View } from '../render/view.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findByPrefix, isIdPrefix } from './id-prefix.ts';
import { readPlans } from './read-plans.ts';
import { UsageError } from './usage-error.ts';
import { addWaitOptions, type WaitFlags } from './wait-flags.ts';
import { noteHowToWait, tellFailures, watchOperations } from './watch-operations.ts';

interface ProgramFlags extends WaitFlags {
  readonly image?: string;
  readonly file?: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly dryRun?: boolean;
}

/** `cyborg deployable …` */
export function declareDeployable(program: Command, run: CommandRunner): void {
  const deployable = program
    .command('deployable')
    .description('deployables: what of a device can be given out (listed by: cyborg device show)');
  addWaitOptions(deployable.command('program'))
    .description('put an image into the device of a deployable, such as an FPGA that nobody uses')
    .argument('<deployable>', 'id, the beginning of one, or host:name, which as a rule is host:address')
    .addOption(new Option('--image <id>', 'image in Glance').conflicts(['file', 'url']))
    .addOption(new Option('--file <path>', 'file on this machine, which is uploaded').conflicts(['url']))
    .option('--url <address>', 'https address; needs --sha256')
    .option('--sha256 <digits>', 'what the file at the address must hash to')
    .option(
      '--dry-run',
      'change nothing; show what would be done to the machine (--file is uploaded: the driver reads it)',
    )
    .action((text: string, flags: ProgramFlags, command: Command) =>
      run(command, (context) => programDeployable(context, text, flags)),
    );
}

async function programDeployable(
  context: CommandContext,
  text: string,
  { wait, dryRun = false, ...flags }: ProgramFlags,
): Promise<ExitCode> {
  const { client, terminal, signal } = context;
  requireOneSource(flags);
  const { deployable, device } = await findDeployable(client, text, { signal });
  const source = await sourceOf(context, flags);
  const operation = await client.deployables.program(deployable.id, source, { dryRun, signal });
  const begun = [{ label: deviceLabel(device), operation }];
  const watched = wait ? await watchOperations(context, begun) : begun;
  terminal.show(wait && dryRun ? await planOf(context, device, watched) : operationEndsView(watched));
  if (wait) return tellFailures(terminal, watched);
  noteHowToWait(terminal, [operation]);
  return exitCode.ok;
}

async function planOf(context: CommandContext, { id }: Device, watched: readonly Watched[]): Promise<View> {
  const outcomes = watched.map(({ label, operation }) => ({ id, label, result: operation, error: null }));
  return plansView(await readPlans(context, outcomes));
}

function requireOneSource({ image, file, url, sha256 }: Omit<ProgramFlags, 'wait' | 'dryRun'>): void {
  if (image === undefined && file === undefined && url === undefined)
    throw new UsageError('say where the image is: --image ID, --file PATH, or --url ADDRESS --sha256 DIGITS');
  if ((url === undefined) !== (sha256 === undefined))
    throw new UsageError('--url and --sha256 go together: an address is believed for its hash alone');
}

async function sourceOf(
  { client, terminal, live, signal }: CommandContext,
  { image, file, url = '', sha256 = '' }: Omit<ProgramFlags, 'wait' | 'dryRun'>,
): Promise<ProgramSource> {
  if (image !== undefined) return { image };
  if (file === undefined) return { url, digest: `sha256:${sha256.toLowerCase()}` };
  try {
    const uploaded = await client.images.upload(file, {
      signal,
      onProgress: (received, size) =>
        live?.draw([`uploading ${file}: ${Math.floor((100 * received) / size)} %`]),
    });
    live?.clear();
    terminal.note(`uploaded ${file} as image ${uploaded.id}`);
    return { upload: uploaded.id };
  } catch (error) {
    live?.clear();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('E')) throw new UsageError(`${file} cannot be read: ${message}`);
    throw error;
  }
}

interface Found {
  readonly deployable: Deployable;
  readonly device: Device;
}

async function findDeployable(client: CyborgClient, text: string, options: CallOptions): Promise<Found> {
  const colon = text.indexOf(':');
  if (colon > 0) {
    const [host, name] = [text.slice(0, colon), text.slice(colon + 1)];
    for await (const found of allDeployables(client, host, options))
      if (found.deployable.name === name) return found;
    throw new UsageError(`host "${host}" has no deployable "${name}" (see: cyborg device show)`);
  }
  if (!isIdPrefix(text))
    throw new UsageError(
      `"${text}" is no deployable: give an id, at least its first 4 characters, or host:name`,
    );
  return findByPrefix(allDeployables(client, undefined, options), text, {
    noun: 'deployable',
    describe: ({ deployable, device }) => `${deployable.id} (${device.host}:${deployable.name})`,
  });
}

async function* allDeployables(
  client: CyborgClient,
  host: string | undefined,
  options: CallOptions,
): AsyncGenerator<Found & { readonly id: string }> {
  const filter = host === undefined ? {} : { host };
  for await (const device of client.devices.list(filter, options))
    for (const deployable of device.deployables) yield { id: deployable.id, deployable, device };
}
