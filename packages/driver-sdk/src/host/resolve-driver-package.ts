import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { validRange } from 'semver';
import { z } from 'zod';
import { DriverError } from '../driver-error.ts';
import { DriverManifest, driverApiVersion } from '../driver-manifest.ts';
import { currentConditions } from './current-conditions.ts';
import { negotiateApi, servedApiVersions } from './negotiate-api.ts';
import { packageExport } from './package-export.ts';

/** A driver package on disk, as its package.json tells; nothing of it has been run. */
export interface DriverPackage {
  readonly name: string;
  readonly version: string;
  /** Real path of the directory of its package.json. */
  readonly directory: string;
  readonly manifest: DriverManifest;
  /** Version of the driver contract that both sides know, the highest. */
  readonly api: string;
  /** Real path of the module whose default export is the driver, or of what its own runtime is given to run. */
  readonly entryFile: string;
}

/** Where a driver package is: installed under a name, or simply in a directory. */
export type DriverPackageLocation =
  | {
      readonly name: string;
      /** Directory whose `node_modules`, or one above, holds it. Nothing global is looked at. */
      readonly from: string;
    }
  | { readonly directory: string };

/**
 * Finds a driver package and checks its manifest, without running any of it. `invalid` when it is not there or
 * says something wrong, `unsupported` when it is made for another version of the driver contract; the message
 * names the file, the place in it and the way out.
 */
export function resolveDriverPackage(
  location: DriverPackageLocation,
  served: readonly string[] = servedApiVersions,
): DriverPackage {
  const found = 'name' in location ? findPackageFile(location) : join(location.directory, 'package.json');
  const json = readJson(resolve(found));
  const file = realpathSync(found);
  const contents = parsePackageFile(file, json);
  const manifest = contents.cyborgDriver;
  const api = chooseApi(file, manifest.api, served);
  return {
    name: contents.name,
    version: contents.version,
    directory: dirname(file),
    manifest,
    api,
    entryFile: manifest.runtime === undefined ? resolveEntry(file, contents) : resolveProgram(file, manifest),
  };
}

function findPackageFile({ name, from }: { readonly name: string; readonly from: string }): string {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const file = join(directory, 'node_modules', name, 'package.json');
    if (existsSync(file)) return file;
    if (directory === dirname(directory)) break;
  }
  throw new DriverError('invalid', `driver package ${name} is not installed in ${resolve(from)} or above`, {
    hint: `Run "npm install ${name}" in ${resolve(from)}, or correct the name.`,
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new DriverError('invalid', `${file} cannot be read as JSON`, {
      hint: 'Name the directory of a driver package.',
      cause,
    });
  }
}

const PackageFile = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  exports: z.unknown().optional(),
  cyborgDriver: DriverManifest,
});
type PackageFile = z.output<typeof PackageFile>;

function parsePackageFile(file: string, contents: unknown): PackageFile {
  if (typeof contents === 'object' && contents !== null && !('cyborgDriver' in contents)) {
    throw new DriverError('invalid', `${file} has no "cyborgDriver": it is no driver package`, {
      hint: 'Name another package; or, if it is yours, add the manifest.',
    });
  }
  const parsed = PackageFile.safeParse(contents);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '.'}: ${message}`);
  throw new DriverError('invalid', `${file}: ${places.join('; ')}`, {
    hint: 'Correct the manifest in package.json, or install a version of the package where it is right.',
  });
}

function chooseApi(file: string, range: string, served: readonly string[]): string {
  if (validRange(range) === null) {
    throw new DriverError('invalid', `${file}: cyborgDriver.api: "${range}" is no semver range`, {
      hint: `Write the contract versions that it works with: "^${driverApiVersion}".`,
    });
  }
  const chosen = negotiateApi(range, served);
  if (chosen !== undefined) return chosen;
  const speaks = served.join(' and ');
  throw new DriverError(
    'unsupported',
    `${file}: cyborgDriver.api: it works with driver contract "${range}", this host speaks ${speaks}`,
    { hint: `Install a version of the driver that works with ${speaks}, or another version of Cyborg.` },
  );
}

function resolveProgram(file: string, { entry }: DriverManifest): string {
  const place = `${file}: cyborgDriver.entry: "${entry}"`;
  return fileInside(place, dirname(file), entry);
}

function resolveEntry(file: string, { name, exports, cyborgDriver }: PackageFile): string {
  const place = `${file}: cyborgDriver.entry: "${cyborgDriver.entry}"`;
  const conditions = new Set(['node', 'import', 'module-sync', ...currentConditions()]);
  const target = packageExport(exports, cyborgDriver.entry, conditions);
  if (target === undefined) {
    throw new DriverError('invalid', `${place} is not among the exports of ${name}`, {
      hint: `Add "exports": {"${cyborgDriver.entry}": "./path/to/driver.js"}, or correct the entry.`,
    });
  }
  return fileInside(place, dirname(file), target);
}

function fileInside(place: string, directory: string, target: string): string {
  const entryFile = join(directory, target);
  if (!entryFile.startsWith(directory + sep) || !existsSync(entryFile)) {
    throw new DriverError(
      'invalid',
      `${place} leads to ${entryFile}, and there is no such file in the package`,
      {
        hint: 'Build the package, or install it anew.',
      },
    );
  }
  return realpathSync(entryFile);
}
