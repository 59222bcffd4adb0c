#!/usr/bin/env node
import { Command, Option } from 'commander';
import { type ConfigFlags, environmentSettings, loadConfig, placesOfConfig } from './config.ts';
import type { Config } from './config-schema.ts';
import { demoFlags } from './demo.ts';
import { declareDriver } from './driver-command-line.ts';
import { exitCodeOf, tellFailure } from './exit-code.ts';
import type { ImportFlags } from './import-command.ts';
import type { Role } from './roles.ts';
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

/** Assembles the command line of `cyborgd`. Each command loads what it needs when it is given: most need little. */
function commandLine(): Command {
  const program = new Command('cyborgd')
    .description('The Cyborg accelerator service.')
    .version(version)
    .showSuggestionAfterError()
    .addHelpText('after', environmentHelp());
  for (const [role, text] of Object.entries(roles)) {
    const command = withConfigFlags(program.command(role).description(text));
    if (role === 'all') command.option('--demo', 'add a simulated server, to look around');
    command.action(async (flags: Flags) => {
      const config = readConfig(flags);
      const { serve } = await import('./serve.ts');
      await serve(role as Role, config, { demo: flags.demo ?? false });
    });
  }
  withConfigFlags(
    program.command('migrate').description('bring the database to this version, and end'),
  ).action(async (flags: Flags) => (await import('./migrate.ts')).migrate(readConfig(flags)));
  withConfigFlags(
    program.command('check-config').description('check the configuration and the driver packages'),
  )
    .option('--schema', 'print the JSON Schema of the file, for editors')
    .option('--print', 'print the configuration in force, secrets hidden')
    .action(async (flags: Flags & { schema?: boolean; print?: boolean }) => {
      const { checkConfig } = await import('./check-config.ts');
      await checkConfig(
        { read: () => readConfig(flags), placeOf: placesOfConfig(flags, process.env) },
        flags,
      );
    });
  declareImport(program);
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
    .action(async (flags: Flags & { json?: boolean }) => {
      const { runDoctor } = await import('./doctor-command.ts');
      await runDoctor({
        read: () => readConfig(flags),
        placeOf: () => placesOfConfig(flags, process.env),
        json: flags.json ?? false,
      });
    });
  declareDriver(program, { withConfigFlags, readConfig, user: process.env.SUDO_USER });
  addPolicyCommands(program.command('policy').description('show and check who may do what'));
  return program;
}

function declareImport(program: Command): void {
  withConfigFlags(program.command('import').description('bring over what a Cyborg in Python has'))
    .option('--from <url>', "Cyborg's database: mysql://user:password@host/cyborg (or CYBORG_IMPORT_FROM)")
    .option('--apply', 'write it; without it, it is only looked at')
    .option('--json', 'print one JSON document')
    .action(async (flags: Flags & ImportFlags) => {
      const { importFrom } = await import('./import-command.ts');
      const from = flags.from ?? process.env.CYBORG_IMPORT_FROM;
      return importFrom(readConfig(flags), { ...flags, ...(from === undefined ? {} : { from }) });
    });
}

function addPolicyCommands(policy: Command): void {
  withConfigFlags(policy.command('show').description('print the rules in force, as a policy file')).action(
    async (flags: Flags) => (await import('./policy-command.ts')).showPolicy(readConfig(flags)),
  );
  withConfigFlags(policy.command('check').description('check a policy file'))
    .option('--file <file>', 'the policy file (default: api.policyFile)')
    .option('--roles <roles>', 'say for each rule whether somebody with these roles passes: member,reader')
    .action(async (flags: Flags & { file?: string; roles?: string }) =>
      (await import('./policy-command.ts')).checkPolicy(readConfig(flags), flags),
    );
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
