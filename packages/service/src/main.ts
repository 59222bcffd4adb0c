#!/usr/bin/env node
import { Command, Option } from 'commander';
import { checkConfig } from './check-config.ts';
import { type ConfigFlags, environmentSettings, loadConfig, placesOfConfig } from './config.ts';
import type { Config } from './config-schema.ts';
import { demoFlags } from './demo.ts';
import { runDoctor } from './doctor-command.ts';
import { declareDriver } from './driver-command-line.ts';
import { exitCodeOf, tellFailure } from './exit-code.ts';
import { migrate } from './migrate.ts';
import { checkPolicy, showPolicy } from './policy-command.ts';
import type { Role } from './roles.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

interface Flags extends ConfigFlags {
  readonly demo?: boolean;
}

const roles: Readonly<Record<Role, string>> = {
  all: 'run agent, conductor and API in one process',
  api: 'run the API alone',
  conductor: 'run the conductor alone',
  agent: 'run the agent of this host alone',
};

/** Assembles the command line of `cyborgd`. */
function commandLine(): Command {
  const program = new Command('cyborgd')
    .description('The Cyborg accelerator service.')
    .version(version)
    .showSuggestionAfterError()
    .addHelpText('after', environmentHelp());
  for (const [role, text] of Object.entries(roles)) {
    const command = withConfigFlags(program.command(role).description(text));
    if (role === 'all') command.option('--demo', 'add a simulated server, to look around');
    command.action((flags: Flags) => serve(role as Role, readConfig(flags), { demo: flags.demo ?? false }));
  }
  withConfigFlags(
    program.command('migrate').description('bring the database to this version, and end'),
  ).action((flags: Flags) => migrate(readConfig(flags)));
  withConfigFlags(
    program.command('check-config').description('check the configuration and the driver packages'),
  )
    .option('--schema', 'print the JSON Schema of the file, for editors')
    .option('--print', 'print the configuration in force, secrets hidden')
    .action((flags: Flags & { schema?: boolean; print?: boolean }) =>
      checkConfig({ read: () => readConfig(flags), placeOf: placesOfConfig(flags, process.env) }, flags),
    );
  withConfigFlags(
    program
      .command('doctor')
      .description(
        'look at this machine, and say what keeps accelerators from being given out, and what helps',
      ),
  )
    .option('--demo', 'with the settings of cyborgd all --demo')
    .option('--json', 'for programs')
    .addHelpText('after', '\nChanges nothing. Exit status: 0 nothing failed, 78 something has to be mended.')
    .action((flags: Flags & { json?: boolean }) =>
      runDoctor({
        read: () => readConfig(flags),
        placeOf: () => placesOfConfig(flags, process.env),
        json: flags.json ?? false,
      }),
    );
  declareDriver(program, { withConfigFlags, readConfig, user: process.env.SUDO_USER });
  addPolicyCommands(program.command('policy').description('show and check who may do what'));
  return program;
}

function addPolicyCommands(policy: Command): void {
  withConfigFlags(policy.command('show').description('print the rules in force, as a policy file')).action(
    (flags: Flags) => showPolicy(readConfig(flags)),
  );
  withConfigFlags(policy.command('check').description('check a policy file'))
    .option('--file <file>', 'the policy file (default: api.policyFile)')
    .option('--roles <roles>', 'say for each rule whether somebody with these roles passes: member,reader')
    .action((flags: Flags & { file?: string; roles?: string }) => checkPolicy(readConfig(flags), flags));
}

function withConfigFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: /etc/cyborg/cyborg.yaml where it exists)')
    .option('--state-dir <dir>', 'directory for database, ledgers and token')
    .option('--listen <host:port>', 'address of the API')
    .addOption(
      new Option('--log-level <level>', 'how much to log').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    )
    .option('--set <path=value...>', 'set one value, such as agent.rescanIntervalMs=5000');
}

function readConfig(flags: Flags): Config {
  const config = loadConfig(flags, process.env);
  return flags.demo ? loadConfig(demoFlags(flags, config.stateDir), process.env) : config;
}

function environmentHelp(): string {
  const lines = Object.entries(environmentSettings).map(([name, path]) => `  ${name.padEnd(28)}${path}`);
  return `\nEnvironment:\n  ${'CYBORG_CONFIG'.padEnd(28)}the configuration file\n${lines.join('\n')}\n
Exit status:
  0  ended as asked
  70 a defect of ours
  75 something needed is away; starting again later may help
  78 the configuration, a driver package or the state directory must be mended first\n`;
}

try {
  await commandLine().parseAsync();
} catch (error) {
  tellFailure(error);
  process.exit(exitCodeOf(error));
}
