import { DeviceKind } from '@cyborgjs/core';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConformanceLevel } from '../conformance/conformance-report.ts';
import { isDriverError } from '../driver-error.ts';
import { type CreateFlags, createDriver } from './commands/create-driver.ts';
import { type DevFlags, devDriver } from './commands/dev-driver.ts';
import { type DocumentFlags, documentDriver } from './commands/document-driver.ts';
import { type PackFlags, packDriver } from './commands/pack-driver.ts';
import { type RecordFlags, recordMachineOf } from './commands/record-machine-of.ts';
import { type TestFlags, testDriver } from './commands/test-driver.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const help = `
Exit codes:
  0  done; every check that could be tried passed
  1  a check failed, or something is not as it must be
  2  the command line or the package is wrong; nothing was tried
`;

/** Reads a command line of `cyborg-driver`, does what it says, and tells what to end with. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let ending: ExitCode = exitCode.ok;
  const run = async (work: () => Promise<ExitCode>): Promise<void> => {
    ending = await work();
  };
  try {
    await declareProgram(run, terminal).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (!isDriverError(error)) throw error;
    terminal.tell(`cyborg-driver: ${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`);
    return error.code === 'invalid' || error.code === 'unsupported' ? exitCode.usage : exitCode.failed;
  }
  return ending;
}

type CommandRunner = (work: () => Promise<ExitCode>) => Promise<void>;

function declareProgram(run: CommandRunner, terminal: Terminal): Command {
  const program = new Command('cyborg-driver')
    .description('Write, record, prove and pack drivers for accelerators.')
    .showSuggestionAfterError()
    .addHelpText('after', help)
    .exitOverride();
  declareCreate(program, run, terminal);
  declareDev(program, run, terminal);
  declareTest(program, run, terminal);
  declareRecord(program, run, terminal);
  declareDoc(program, run, terminal);
  declarePack(program, run, terminal);
  return program;
}

const configOption = () => new Option('--config <file>', 'JSON file with the settings of the driver');

function declareCreate(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('create')
    .description('make a new driver package in a directory of its own')
    .argument('<name>', 'id of the driver: acme-npu')
    .option('--pci <ids>', 'vendor and device id of the hardware', '1d55:a010')
    .option('--kind <kind>', `one of ${DeviceKind.options.join(', ')}`, 'AICHIP')
    .action((name: string, flags: CreateFlags) => run(() => createDriver(name, flags, terminal)));
}

function declareDev(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('dev')
    .description('run the driver on a simulated machine, and anew whenever its files change')
    .argument('[directory]', 'where the package.json of the driver is', '.')
    .addOption(configOption())
    .option(
      '--machine <machine>',
      'which of the machines that the driver is tried on, by name or number',
      '1',
    )
    .option('--reads', 'show what the driver reads, not only what it writes and runs')
    .option('--json', 'a line of JSON for everything, for programs')
    .action((directory: string, flags: DevFlags) => run(() => devDriver(directory, flags, terminal)));
}

function declareTest(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('test')
    .description('run the conformance kit on a driver package')
    .argument('[directory]', 'where its package.json is', '.')
    .addOption(
      new Option(
        '--level <levels>',
        'replay: on recordings in fixtures/; sim: on simulated machines; hardware: on this machine; several with commas',
      )
        .argParser(readLevels)
        .default(['sim'], 'sim'),
    )
    .addOption(configOption())
    .option('--checks <list>', 'only these checks, by number or name: 17,30')
    .option('--list', 'only say which checks there are, and why')
    .option('--device <identity>', 'level hardware: the device that may be touched, by identity or address')
    .option('--destructive', 'level hardware: attach and detach that device; without it nothing is changed')
    .option('--yes', 'do not ask before that')
    .option('--images <file>', 'level hardware: JSON file with images to program, as in a fixture')
    .option('--json <file>', 'write conformance.json, to be shipped in the package')
    .option('--junit <file>', 'write JUnit XML')
    .option('--report <file>', 'write a Markdown page')
    .action((directory: string, flags: TestFlags) => run(() => testDriver(directory, flags, terminal)));
}

/** `replay,sim`; each once, the weakest first. */
function readLevels(text: string): readonly ConformanceLevel[] {
  const words = text.split(',').map((word) => word.trim());
  const isKnown = words.every((word) => ConformanceLevel.safeParse(word).success);
  if (!isKnown) throw new InvalidArgumentError(`Allowed choices are ${ConformanceLevel.options.join(', ')}.`);
  return ConformanceLevel.options.filter((level) => words.includes(level));
}

function declareRecord(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('record')
    .description('make a fixture of what discovery reads on this machine, without its identities')
    .argument('[directory]', 'where the package.json of the driver is', '.')
    .option('--name <name>', 'name of the fixture', 'machine')
    .addOption(configOption())
    .option('--root <directory>', "where the machine's root is: /host in a container", '/')
    .option('--force', 'replace a fixture of that name')
    .action((directory: string, flags: RecordFlags) =>
      run(() => recordMachineOf(directory, flags, terminal)),
    );
}

function declareDoc(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('doc')
    .description('write the tables of the README: settings, permissions, conformance')
    .argument('[directory]', 'where the package.json of the driver is', '.')
    .addOption(configOption())
    .option('--check', 'write nothing; end with 1 when the README is not up to date')
    .action((directory: string, flags: DocumentFlags) =>
      run(() => documentDriver(directory, flags, terminal)),
    );
}

function declarePack(program: Command, run: CommandRunner, terminal: Terminal): void {
  program
    .command('pack')
    .description(
      'make the tarball, settings schema included, if conformance.json and README are of exactly these files',
    )
    .argument('[directory]', 'where the package.json of the driver is', '.')
    .addOption(configOption())
    .option('--destination <directory>', 'where the tarball goes', '.')
    .action((directory: string, flags: PackFlags) => run(() => packDriver(directory, flags, terminal)));
}
