import { isOpenStackError } from '@cyborgjs/openstack-session';
import { Command, CommanderError } from 'commander';
import { isMicroversion, newestMicroversion } from '../microversion.ts';
import { createPlacement } from '../placement.ts';
import { isPlacementError } from '../placement-error.ts';
import { adoptTreeFile } from './adopt-tree-file.ts';
import { applyTreeFile } from './apply-tree-file.ts';
import { checkCloud } from './check-cloud.ts';
import { cleanUpProvider } from './clean-up-provider.ts';
import {
  type CommandContext,
  type CommandWorld,
  type ConnectionFlags,
  type ExitCode,
  exitFailed,
  exitOk,
  exitUsage,
} from './command-context.ts';
import { openSession } from './open-session.ts';
import { planTreeFile } from './plan-tree-file.ts';
import { showTrees } from './show-trees.ts';

/** Runs one command line and says how the process shall end. Nothing is thrown. */
export async function runCommandLine(argv: readonly string[], world: CommandWorld): Promise<ExitCode> {
  let outcome: ExitCode = exitOk;
  const program = commandLine(world, async (flags, work) => {
    outcome = await withPlacement(flags, world, work);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitOk : exitUsage;
    world.writeError(`placement: ${explain(error)}\n`);
    return isWrongUsage(error) ? exitUsage : exitFailed;
  }
}

const moreHelp = `
Examples:
  placement --os-cloud lab check
  placement --endpoint http://127.0.0.1:8778 tree compute-1
  placement plan tree.yaml --exit-code && echo nothing to do

Exit codes: 0 done, 1 failed or something had to be kept, 2 wrong usage or file,
3 changes that were only shown (plan --exit-code; adopt and cleanup without --yes).`;

type Work = (context: CommandContext) => Promise<ExitCode>;
type Run = (flags: ConnectionFlags, work: Work) => Promise<void>;

function commandLine(world: CommandWorld, run: Run): Command {
  const program = new Command('placement')
    .description('Shows and changes trees of resource providers in OpenStack Placement.')
    .option('--os-cloud <name>', 'a cloud of clouds.yaml; default OS_CLOUD and the other OS_ variables')
    .option('--endpoint <url>', 'Placement itself, without Keystone')
    .option('--token <token>', 'sent to --endpoint', 'admin')
    .option(
      '--placement-version <version>',
      `the newest microversion to speak; default that of the cloud, or ${newestMicroversion}`,
    )
    .option('--json', 'print JSON')
    .version(world.version, '-V, --version', 'print the version of this program')
    .addHelpText('after', moreHelp)
    .configureOutput({ writeOut: world.write, writeErr: world.writeError })
    .exitOverride();
  const flags = () => program.opts<ConnectionFlags>();
  program
    .command('tree [root]')
    .description('providers with inventory, usage and traits: of one tree, by uuid or name, or of all')
    .option('--aggregates', 'the aggregates of each provider too; one request each')
    .action((root: string | undefined, options: { aggregates?: boolean }) =>
      run(flags(), (context) => showTrees(context, root, options)),
    );
  program
    .command('plan <file>')
    .description('what a tree of a YAML file needs')
    .option('--exit-code', 'exit with 3 when there is something to do')
    .action((file: string, options: { exitCode?: boolean }) =>
      run(flags(), (context) => planTreeFile(context, file, options)),
    );
  program
    .command('apply <file>')
    .description('make Placement as a YAML file says')
    .option('--reshaper', 'write many inventories with one request; needs the role service')
    .action((file: string, options: { reshaper?: boolean }) =>
      run(flags(), (context) => applyTreeFile(context, file, options)),
    );
  program
    .command('adopt <file>')
    .description('as apply, with those who have its names under other uuids taken for its own')
    .option('--yes', 'do it; otherwise it is only shown')
    .option('--reshaper', 'write many inventories with one request; needs the role service')
    .action((file: string, options: { yes?: boolean; reshaper?: boolean }) =>
      run(flags(), (context) => adoptTreeFile(context, file, options)),
    );
  program
    .command('cleanup <provider>')
    .description('delete a provider, by uuid or name, with all below it, when nobody has anything of it')
    .option('--yes', 'do it; otherwise it is only shown')
    .action((provider: string, options: { yes?: boolean }) =>
      run(flags(), (context) => cleanUpProvider(context, provider, options)),
    );
  program
    .command('check')
    .description('whether Placement can be reached and what we may do there; changes nothing')
    .action(() => run(flags(), checkCloud));
  return program;
}

async function withPlacement(flags: ConnectionFlags, world: CommandWorld, work: Work): Promise<ExitCode> {
  const { placementVersion, json = false } = flags;
  if (placementVersion !== undefined && !isMicroversion(placementVersion)) {
    world.writeError(`placement: --placement-version is "${placementVersion}", not of the form 1.39\n`);
    return exitUsage;
  }
  const { session, microversion: ofCloud } = await openSession(flags, world.env);
  const microversion = placementVersion ?? (isMicroversion(ofCloud) ? ofCloud : newestMicroversion);
  const progress = progressOf(world);
  try {
    return await work({
      ...world,
      json,
      ...progress,
      placement: createPlacement(session, { microversion }),
      identity: () => session.identity(),
    });
  } finally {
    // An error is said on the line where the progress stood.
    progress.endProgress();
    await session.close();
  }
}

function progressOf({
  hasProgress,
  writeError,
}: CommandWorld): Pick<CommandContext, 'countRequest' | 'endProgress'> {
  let requests = 0;
  let isShown = false;
  return {
    countRequest() {
      requests += 1;
      isShown = hasProgress;
      if (hasProgress) writeError(`\r${requests} ${requests === 1 ? 'request' : 'requests'}`);
    },
    endProgress() {
      if (isShown) writeError('\r\u001b[K');
      isShown = false;
    },
  };
}

/** What can only be helped by another command line, file or environment. */
function isWrongUsage(error: unknown): boolean {
  if (isPlacementError(error, 'placement.invalid_tree')) return true;
  return (
    isOpenStackError(error) && (error.code === 'session.bad_cloud' || error.code === 'session.bad_options')
  );
}

function explain(error: unknown): string {
  if (isPlacementError(error) || isOpenStackError(error)) return `${error.message} [${error.code}]`;
  return error instanceof Error ? error.message : String(error);
}
