import { Command, CommanderError, Option } from 'commander';
import { declareAttach } from './commands/attach.ts';
import { declareAttachment } from './commands/attachment.ts';
import { declareAudit } from './commands/audit.ts';
import type { CommandRunner } from './commands/command-context.ts';
import { declareCompletion } from './commands/completion.ts';
import { declareDeployable } from './commands/deployable.ts';
import { declareDetach } from './commands/detach.ts';
import { declareDevice } from './commands/device.ts';
import { declareDiscover } from './commands/discover.ts';
import { declareDoctor } from './commands/doctor.ts';
import { declareDriver } from './commands/driver.ts';
import { type ExitCode, exitCode } from './commands/exit-code.ts';
import { declareFlavor } from './commands/flavor.ts';
import { declareHost } from './commands/host.ts';
import { declareImage } from './commands/image.ts';
import { declareOperation } from './commands/operation.ts';
import { declareProfile } from './commands/profile.ts';
import { declareQuota } from './commands/quota.ts';
import { runCommand } from './commands/run-command.ts';
import { declareTop } from './commands/top.ts';
import { declareVersion } from './commands/version.ts';
import { declareWebhook } from './commands/webhook.ts';
import { packageVersion } from './package-version.ts';

const help = `
Connection:
  CYBORG_ENDPOINT    address of the service; default http://127.0.0.1:6666
  CYBORG_TOKEN       token of the caller
  CYBORG_TOKEN_FILE  file that holds it
  Flags win over the environment. Without either, a service on this machine is called with the
  token that it wrote into its state directory: $CYBORG_STATE_DIR/token or
  ~/.local/state/cyborg/token.
  In a cloud, OS_CLOUD and the other OS_ variables (an openrc file) work as with "openstack":
  Keystone gives the token, and its catalog says where the service is.

Devices are named by their id, the beginning of one (at least 4 characters), or host:address;
attachments, images and operations by their id or the beginning of one; webhooks and device
profiles by name or id.

Exit codes:
  0    done
  1    an operation failed, or the service said no
  2    the command line is wrong
  3    no answer of the service was had
  130  interrupted by Ctrl-C; operations go on
`;

/** Reads a command line, does what it says, and tells what to end with. */
export async function runCommandLine(words: readonly string[]): Promise<ExitCode> {
  let ending: ExitCode = exitCode.ok;
  const program = declareProgram(async (command, work) => {
    ending = await runCommand(command, work);
  });
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  return ending;
}

/** The whole command, as yet without words; `run` does the work of whatever is called. */
export function declareProgram(run: CommandRunner): Command {
  const program = new Command('cyborg')
    .description('See and steer the accelerators of a cloud.')
    .version(packageVersion(), '-V, --version', 'print the version of this command')
    .option('--endpoint <url>', 'address of the service')
    .option('--token <token>', 'token of the caller; others on this machine can see it, a file is safer')
    .option('--token-file <file>', 'file that holds the token')
    .option('--os-cloud <name>', 'cloud of clouds.yaml whose Keystone gives the token')
    .option('--json', 'print one JSON document, with times in ISO 8601')
    .addOption(new Option('-q, --quiet', 'print ids or names only, one per line').conflicts('json'))
    .option('--debug', 'with an error, print the request id and where it came from')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')}\n`) })
    .addHelpText('after', help)
    .exitOverride();
  declareHost(program, run);
  declareDiscover(program, run);
  declareDriver(program, run);
  declareDevice(program, run);
  declareDeployable(program, run);
  declareImage(program, run);
  declareAttach(program, run);
  declareDetach(program, run);
  declareAttachment(program, run);
  declareOperation(program, run);
  declareWebhook(program, run);
  declareQuota(program, run);
  declareAudit(program, run);
  declareProfile(program, run);
  declareFlavor(program, run);
  declareTop(program, run);
  declareDoctor(program, run);
  declareCompletion(program);
  declareVersion(program);
  return program;
}
