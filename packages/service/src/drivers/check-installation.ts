import { readFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DriverFailure } from '@cyborgjs/core';
import { DriverError, isDriverError, toDriverFailure } from '@cyborgjs/driver-sdk';
import { type DriverPackage, resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import { type AllowedDriver, driverListFile } from './driver-list.ts';
import {
  fileListName,
  hashFiles,
  listEntries,
  type PackageEntry,
  parseFileList,
  sha256,
} from './package-files.ts';

/** Users that may own what is run: root, and the one that the agent runs as. */
export const trustedOwners = (): ReadonlySet<number> => new Set([0, process.geteuid?.() ?? 0]);

/**
 * Looks whether a driver is installed exactly as the operator has admitted it: every file, nobody else's, writable
 * by nobody else. Throws a `DriverError`: `denied` that names the first files in which it is not so and the mend,
 * or what speaks against its manifest.
 */
export async function checkInstallation(
  directory: string,
  driver: AllowedDriver,
  owners: ReadonlySet<number> = trustedOwners(),
): Promise<DriverPackage> {
  const complaints = await complaintsAbout(directory, driver, owners);
  if (complaints.length > 0) throw refusal(driver, complaints);
  return resolveAllowed(directory, driver);
}

/** Everything in which a driver is not installed as the operator has admitted it, each with its path. */
export async function complaintsAbout(
  directory: string,
  driver: AllowedDriver,
  owners: ReadonlySet<number> = trustedOwners(),
): Promise<string[]> {
  return [
    ...(await aboveComplaints(directory, owners)),
    ...(await installationComplaints(join(directory, driver.directory), driver, owners)),
  ];
}

/** The package of an admitted driver, by its manifest alone: its files are not looked at. */
export function resolveAllowed(directory: string, driver: AllowedDriver): DriverPackage {
  const found = resolveDriverPackage({
    directory: join(directory, driver.directory, 'node_modules', driver.package),
  });
  const { name, version, manifest } = found;
  const says = `${name} ${version}, driver "${manifest.id}"`;
  const listed = `${driver.package} ${driver.version}, driver "${driver.id}"`;
  if (says !== listed)
    throw new DriverError(
      'denied',
      `${found.directory}/package.json is of ${says}; ${driverListFile} lists ${listed}`,
      {
        hint: mendOf(driver),
      },
    );
  return found;
}

async function aboveComplaints(directory: string, owners: ReadonlySet<number>): Promise<string[]> {
  const complaints: string[] = [];
  for (const path of [directory, join(directory, driverListFile), join(directory, 'installed')]) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    complaints.push(...accessComplaints(path, { uid: stats.uid, mode: stats.mode }, owners));
  }
  return complaints;
}

async function installationComplaints(
  installation: string,
  driver: AllowedDriver,
  owners: ReadonlySet<number>,
): Promise<string[]> {
  const entries = await listEntries(installation).catch(() => undefined);
  if (entries === undefined) return [`${installation} is missing`];
  const access = entries.flatMap((entry) =>
    entry.kind === 'link' ? [] : accessComplaints(join(installation, entry.path), entry, owners),
  );
  const list = fileList(installation, driver);
  if (list === undefined) return [`${join(installation, fileListName)} was changed or is missing`, ...access];
  return [...(await contentComplaints(installation, entries, list)), ...access];
}

function fileList(installation: string, { files }: AllowedDriver): Map<string, string> | undefined {
  try {
    const text = readFileSync(join(installation, fileListName), 'utf8');
    return `sha256:${sha256(text)}` === files ? parseFileList(text) : undefined;
  } catch {
    return undefined;
  }
}

async function contentComplaints(
  installation: string,
  entries: readonly PackageEntry[],
  listed: ReadonlyMap<string, string>,
): Promise<string[]> {
  const links = entries.filter(({ kind }) => kind === 'link');
  const found = entries
    .filter(({ kind, path }) => kind === 'file' && path !== fileListName)
    .map(({ path }) => path);
  const others = entries.filter(({ kind }) => kind === 'other').map(({ path }) => path);
  const present = new Set(found);
  const hashes = await hashFiles(
    installation,
    found.filter((path) => listed.has(path)),
  );
  const say = (path: string, what: string): string => `${join(installation, path)} ${what}`;
  return [
    ...[...hashes]
      .filter(([path, hash]) => listed.get(path) !== hash)
      .map(([path]) => say(path, 'was changed')),
    ...[...listed.keys()].filter((path) => !present.has(path)).map((path) => say(path, 'is missing')),
    ...[...found, ...others]
      .filter((path) => !listed.has(path))
      .map((path) => say(path, 'does not belong there')),
    ...links.map(({ path, target }) => say(path, `is a symbolic link to ${target}; a driver has none`)),
  ];
}

function accessComplaints(
  path: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
  owners: ReadonlySet<number>,
): string[] {
  const who = [...(mode & 0o020 ? ['its group'] : []), ...(mode & 0o002 ? ['everyone'] : [])].join(' and ');
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return [
    ...(who === '' ? [] : [`${path} can be written by ${who} (mode ${octal}): chmod go-w ${path}`]),
    ...(owners.has(uid)
      ? []
      : [`${path} belongs to user ${uid}, who is neither root nor the user of cyborgd: chown root ${path}`]),
  ];
}

const mendOf = ({ id, source }: AllowedDriver): string =>
  `If you did not do this, find out who did. Then install it anew: cyborgd driver add ${source}, or cyborgd driver remove ${id}`;

function refusal(driver: AllowedDriver, complaints: readonly string[]): DriverError {
  const rest = complaints.length > 3 ? `; and ${complaints.length - 3} more: cyborgd driver verify` : '';
  const message = `driver ${driver.id} is not as it was admitted: ${complaints.slice(0, 3).join('; ')}${rest}`;
  const isMode = complaints.every((complaint) => complaint.includes('chmod') || complaint.includes('chown'));
  const again = `cyborgd driver retry ${driver.id}`;
  return new DriverError('denied', message, { hint: isMode ? `Mend that, then: ${again}` : mendOf(driver) });
}

/** How a driver that does not start is shown, and what speaks against it. */
export function refusalOf(error: unknown): {
  readonly state: 'refused' | 'incompatible';
  readonly failure: DriverFailure;
} {
  const isForeign = isDriverError(error) && error.code === 'unsupported';
  return { state: isForeign ? 'incompatible' : 'refused', failure: toDriverFailure(error) };
}
