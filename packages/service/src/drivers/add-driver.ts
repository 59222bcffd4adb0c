import { readFileSync } from 'node:fs';
import { CyborgError } from '@cyborgjs/core';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkDriverConfig } from './check-driver-config.ts';
import { describePackage } from './describe-package.ts';
import { type DriverDesk, type DriverOutcome, settle } from './driver-desk.ts';
import { admitPackage, sweepDirectory } from './driver-directory.ts';
import { readDriverList } from './driver-list.ts';
import { type StagedPackage, stagePackage } from './stage-package.ts';

export interface AddFlags {
  /** File with the settings, YAML or JSON; without one those of the driver that is replaced, or none. */
  readonly settings?: string;
  readonly yes?: boolean;
}

/**
 * Installs a driver after it has said what it is and was told to go on; a running agent starts it then, and
 * disturbs no other driver. Until the last step the directory is as it was, whatever happens.
 *
 * @param asked name with or without version, path of a tarball, path of a folder
 */
export async function addDriver(desk: DriverDesk, asked: string, flags: AddFlags): Promise<DriverOutcome> {
  const { directory, npm, now, user } = desk;
  const settings = flags.settings === undefined ? undefined : readSettings(flags.settings);
  if (desk.confirm !== undefined) desk.print(`Fetching ${asked} with npm; nothing of it is run.`);
  try {
    const staged = await stagePackage(directory, asked, npm);
    const { id } = staged.package.manifest;
    refuseRival(desk, staged);
    const replaced = readDriverList(directory).find((driver) => driver.id === id);
    const config = settings ?? replaced?.config ?? {};
    refuseConfig(staged, config, flags.settings);
    desk.print(describePackage(staged, replaced));
    await requireConsent(desk, flags);
    await admitPackage(directory, staged, {
      enabled: true,
      config,
      addedAt: new Date(now()).toISOString(),
      addedBy: user,
    });
    desk.print(`${staged.package.name} ${staged.package.version} is installed.`);
    return await settle(desk, { ask: 'apply' }, id);
  } finally {
    await sweepDirectory(directory);
  }
}

function refuseRival({ configured }: DriverDesk, { package: added }: StagedPackage): void {
  const { id } = added.manifest;
  const rival = configured.get(id);
  if (rival === undefined) return;
  throw new CyborgError(
    'driver.exists',
    `driver "${id}" is run from agent.drivers (${rival}); a host runs one of each id: take it out there first`,
  );
}

function refuseConfig({ package: added }: StagedPackage, config: unknown, file: string | undefined): void {
  const complaints = checkDriverConfig(added.directory, config);
  if (complaints.length === 0) return;
  const place = file ?? 'the settings that it has (give others with --settings <file>)';
  const problems = complaints.map(
    ({ path, message }) => `${place}: ${path.join('.') || '(top level)'}: ${message}`,
  );
  throw new CyborgError('config.invalid', problems.join('\n'), { details: { problems } });
}

async function requireConsent({ confirm }: DriverDesk, { yes }: AddFlags): Promise<void> {
  if (yes === true) return;
  if (confirm === undefined)
    throw new CyborgError('driver.unconfirmed', 'nobody is there to ask: read the above, and add --yes');
  if (!(await confirm('Install it?'))) throw new CyborgError('driver.unconfirmed', 'nothing was installed');
}

function readSettings(file: string): Record<string, unknown> {
  let said: unknown;
  try {
    said = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw new CyborgError('config.unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  const settings = z.record(z.string(), z.unknown()).safeParse(said);
  if (settings.success) return settings.data;
  throw new CyborgError('config.invalid', `${file}: the settings of a driver are a map of names to values`);
}
