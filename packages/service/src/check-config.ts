import { join } from 'node:path';
import { CyborgError } from '@cyborgjs/core';
import { isDriverError } from '@cyborgjs/driver-sdk';
import { stringify } from 'yaml';
import { type RunnableDriver, resolveDrivers } from './agent/open-drivers.ts';
import { describeRule, doubtOf, namedRules } from './conductor/auto-ready.ts';
import { printableConfig } from './config.ts';
import { type Config, configJsonSchema } from './config-schema.ts';
import { checkDriverConfig } from './drivers/check-driver-config.ts';
import { resolveAllowed } from './drivers/check-installation.ts';
import { type AllowedDriver, driverListFile, readDriverList } from './drivers/driver-list.ts';
import { driversDirOf } from './drivers-dir.ts';
import { loadPolicy } from './policy-file.ts';

interface CheckedConfig {
  readonly read: () => Config;
  /** Where a value was said. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

/** `cyborgd check-config`: says that the configuration holds, or throws what does not; prints it when asked. */
export function checkConfig(
  { read, placeOf }: CheckedConfig,
  flags: { readonly schema?: boolean; readonly print?: boolean },
): void {
  if (flags.schema) {
    process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return;
  }
  const config = read();
  const { drivers } = requireSound(config, placeOf);
  if (flags.print) process.stdout.write(stringify(printableConfig(config)));
  else {
    process.stdout.write(`the configuration holds; drivers: ${drivers.join(', ')}\n`);
    process.stdout.write(`${heldIn(config.agent.driverUser)}\n`);
    process.stdout.write(`${autoReadyLines(config, drivers).join('\n')}\n`);
  }
}

/**
 * Looks further than the schema: at policy file, driver packages and their settings. Tells the ids of the drivers; throws
 * `config.invalid` and `driver.refused` that say what is wrong where.
 */
export function requireSound(
  config: Config,
  placeOf: CheckedConfig['placeOf'],
): { readonly drivers: readonly string[] } {
  if (config.api.policyFile !== null) loadPolicy(config.api.policyFile);
  const configured = driverLists(config).flatMap(({ path, choices }) =>
    resolveDrivers(choices).map((driver, index) => ({ driver, path: [...path, index, 'config'] })),
  );
  const complaints = configured.flatMap(({ driver, path }) =>
    settingsComplaints(driver, path).map(({ at, text }) => `${placeOf(at)}: ${text}`),
  );
  // Hosts that share a list share its mistakes.
  const problems = [...new Set([...complaints, ...addedComplaints(driversDirOf(config))])];
  if (problems.length > 0)
    throw new CyborgError('config.invalid', problems.join('\n'), { details: { problems } });
  const added = readDriverList(driversDirOf(config)).map(({ id }) => id);
  return { drivers: [...new Set([...configured.map(({ driver }) => driver.package.manifest.id), ...added])] };
}

/** The rules that make devices ready, each with what can be said against it; what no rule fits waits for an operator. */
export function examineAutoReady({ conductor }: Config, drivers: readonly string[]) {
  const rules = namedRules(conductor.autoReady);
  return rules.map((named) => ({
    name: named.name,
    text: describeRule(named.rule),
    doubt: doubtOf(named, { rules, drivers }),
  }));
}

function autoReadyLines(config: Config, drivers: readonly string[]): string[] {
  const rules = examineAutoReady(config, drivers);
  if (rules.length === 0) return ['no rule makes devices ready (conductor.autoReady): an operator does'];
  return [
    'rules that make new devices ready; the first that fits counts:',
    ...rules.map(
      ({ name, text, doubt }) => `  ${name}  ${text}${doubt === undefined ? '' : `  <- ${doubt}`}`,
    ),
  ];
}

/** The lists of drivers that count, each with its place in the configuration. */
function driverLists({ agent }: Config) {
  return agent.hosts.map(({ drivers }, index) =>
    drivers === null
      ? { path: ['agent', 'drivers'], choices: agent.drivers }
      : { path: ['agent', 'hosts', index, 'drivers'], choices: drivers },
  );
}

function settingsComplaints({ package: found, config }: RunnableDriver, path: readonly PropertyKey[]) {
  return checkDriverConfig(found.directory, config).map((complaint) => {
    const at = [...path, ...complaint.path];
    return { at, text: `${at.join('.')}: ${complaint.message}` };
  });
}

function addedComplaints(directory: string): string[] {
  return readDriverList(directory).flatMap((driver) => addedDriverComplaints(directory, driver));
}

function addedDriverComplaints(directory: string, driver: AllowedDriver): string[] {
  const file = join(directory, driverListFile);
  try {
    const found = { package: resolveAllowed(directory, driver), config: driver.config };
    return settingsComplaints(found, ['drivers', driver.id, 'config']).map(({ text }) => `${file}: ${text}`);
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [`${file}: drivers.${driver.id}: ${error.message}`];
  }
}

/** What keeps drivers from more than their manifests name. */
const heldIn = (user: string | null): string =>
  user === null
    ? "drivers run as the agent's own user: their permissions stop mistakes, not malice (agent.driverUser would)"
    : `drivers run as user ${user}`;
