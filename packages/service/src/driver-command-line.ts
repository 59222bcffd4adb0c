import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { CyborgError, isCyborgError } from '@cyborgjs/core';
import { createFileRecords } from '@cyborgjs/driver-sdk/host';
import type { Command } from 'commander';
import { holdersOf } from './agent/holders.ts';
import { resolveDrivers } from './agent/open-drivers.ts';
import { hostName, recordsDirOf } from './agent-host.ts';
import type { ConfigFlags } from './config.ts';
import type { Config } from './config-schema.ts';
import { type AddFlags, addDriver } from './drivers/add-driver.ts';
import { retryDriver, setDriverEnabled } from './drivers/change-driver.ts';
import { askAgent } from './drivers/control.ts';
import type { DriverDesk, DriverOutcome } from './drivers/driver-desk.ts';
import { systemNpm } from './drivers/npm.ts';
import { removeDriver } from './drivers/remove-driver.ts';
import { listDrivers, verifyDrivers } from './drivers/show-drivers.ts';
import { driversDirOf } from './drivers-dir.ts';
import { claimStateDir } from './state-dir.ts';

interface DriverCommandLine {
  readonly withConfigFlags: (command: Command) => Command;
  readonly readConfig: (flags: ConfigFlags) => Config;
  /** Who gives the command, where that is not the user of the process. */
  readonly user: string | undefined;
}

/** Exit status when a driver is not as it should be: the operator has something to mend. */
const inTrouble = 78;

/** `cyborgd driver …`: what an operator does with drivers on this machine, whether cyborgd runs or not. */
export function declareDriver(
  program: Command,
  { withConfigFlags, readConfig, user }: DriverCommandLine,
): void {
  const driver = program.command('driver').description('add, remove and check drivers on this machine');
  const run = async (
    flags: ConfigFlags,
    work: (desk: DriverDesk) => Promise<DriverOutcome>,
  ): Promise<void> => {
    const outcome = await work(openDesk(readConfig(flags), user));
    if (outcome === 'in trouble') process.exitCode = inTrouble;
  };
  const change = (flags: ConfigFlags, work: (desk: DriverDesk) => Promise<DriverOutcome>): Promise<void> =>
    run(flags, (desk) => alone(desk, work));
  const declare = (name: string, text: string): Command =>
    withConfigFlags(driver.command(name).description(text));

  declare('add', 'install a driver, and start it where cyborgd runs')
    .argument('<package>', 'name or name@version, a tarball or a folder')
    .option('--settings <file>', 'settings of the driver, YAML or JSON')
    .option('-y, --yes', 'do not ask')
    .action((asked: string, flags: ConfigFlags & AddFlags) =>
      change(flags, (desk) => {
        requireReadable(readConfig(flags));
        return addDriver(desk, asked, flags);
      }),
    );
  declare('remove', 'stop a driver and take it away')
    .argument('<id>')
    .option('--force', 'also while something is attached by it')
    .action((id: string, flags: ConfigFlags & { force?: boolean }) =>
      change(flags, (desk) => removeDriver(desk, id, flags)),
    );
  declare('list', 'list the drivers that were added, and how they do')
    .option('--json', 'for programs')
    .action((flags: ConfigFlags & { json?: boolean }) => run(flags, (desk) => listDrivers(desk, flags)));
  declare('verify', 'check every file of the drivers against what was admitted')
    .argument('[id]')
    .action((id: string | undefined, flags: ConfigFlags) => run(flags, (desk) => verifyDrivers(desk, id)));
  declare('enable', 'have a driver run')
    .argument('<id>')
    .action((id: string, flags: ConfigFlags) => change(flags, (desk) => setDriverEnabled(desk, id, true)));
  declare('disable', 'stop a driver; what it found and attached stays')
    .argument('<id>')
    .action((id: string, flags: ConfigFlags) => change(flags, (desk) => setDriverEnabled(desk, id, false)));
  declare('retry', 'start a driver now that was refused, is in quarantine or waits')
    .argument('<id>')
    .action((id: string, flags: ConfigFlags) => run(flags, (desk) => retryDriver(desk, id)));
  declare('reload', 'have a running cyborgd take up what was written into drivers.yaml').action(
    (flags: ConfigFlags) => run(flags, reload),
  );
}

async function reload(desk: DriverDesk): Promise<DriverOutcome> {
  const answer = await askAgent(desk.stateDir, { ask: 'apply' });
  desk.print(answer === undefined ? 'No agent runs in this state directory.' : 'Reloaded.');
  return listDrivers(desk, {});
}

function openDesk(config: Config, user: string | undefined): DriverDesk {
  return {
    directory: driversDirOf(config),
    stateDir: config.stateDir,
    configured: configuredDrivers(config),
    holders: (driver) => holdersOnDisk(config, driver),
    npm: systemNpm,
    now: Date.now,
    user: user ?? userInfo().username,
    print: (line) => process.stdout.write(`${line}\n`),
    confirm: process.stdin.isTTY && process.stdout.isTTY ? confirm : undefined,
  };
}

/** A state directory is for its owner only: another user could not read the drivers in it. */
function requireReadable({ stateDir, agent }: Config): void {
  const directory = driversDirOf({ stateDir, agent });
  if (agent.driverUser === null || !directory.startsWith(`${stateDir}/`)) return;
  throw new CyborgError(
    'config.invalid',
    `agent.driversDir: drivers run as user ${agent.driverUser}, who cannot read ${directory}: ` +
      'set a directory outside of stateDir, such as /var/lib/cyborg-drivers',
  );
}

/** What the journals of all hosts say. */
async function holdersOnDisk(config: Config, driver: string): Promise<string[]> {
  const held = await Promise.all(
    config.agent.hosts.map((host) =>
      holdersOf(createFileRecords(recordsDirOf(config, hostName(host))), driver),
    ),
  );
  return held.flat();
}

/** Drivers of the hosts that take those of the driver directory too. */
function configuredDrivers({ agent }: Config): Map<string, string> {
  const takesAdded = agent.hosts.some(({ drivers }) => drivers === null);
  const drivers = takesAdded ? resolveDrivers(agent.drivers) : [];
  return new Map(drivers.map(({ package: { name, manifest } }) => [manifest.id, name]));
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Two commands that change the directory at once would each sweep what the other one has staged. */
async function alone<Result>(desk: DriverDesk, work: (desk: DriverDesk) => Promise<Result>): Promise<Result> {
  const claim = await claimStateDir(desk.stateDir, 'driver').catch((error: unknown) => {
    const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
    if (!isCyborgError(error) || code !== 'EADDRINUSE') throw error;
    const text = `stateDir ${desk.stateDir}: another "cyborgd driver" is at work there; try again when it has ended`;
    throw new CyborgError('state_dir.unusable', text, { cause: error });
  });
  try {
    return await work(desk);
  } finally {
    await claim.release();
  }
}
