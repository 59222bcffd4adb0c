import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type AllowedDriver, editDriverList, readDriverList } from './driver-list.ts';
import { type StagedPackage, stagingDirectory } from './stage-package.ts';

/** What an entry of the list says besides what the package says itself. */
export type Admission = Pick<AllowedDriver, 'enabled' | 'config' | 'addedAt' | 'addedBy'>;

const installedDirectory = 'installed';

/**
 * Puts a staged package among the drivers that may run, in the place of the one with its id. It is so from the
 * moment that the list is written; killed before, this leaves a directory that nothing names.
 */
export async function admitPackage(
  directory: string,
  staged: StagedPackage,
  admission: Admission,
): Promise<void> {
  const { name, version, manifest } = staged.package;
  const place = `${installedDirectory}/${name.replace('/', '~')}-${version.replaceAll('+', '~')}-${suffixOf(staged)}`;
  await mkdir(join(directory, installedDirectory), { recursive: true, mode: 0o755 });
  await rename(staged.directory, join(directory, place));
  await editDriverList(directory, (drivers) =>
    drivers.set(manifest.id, {
      package: name,
      version,
      integrity: staged.integrity,
      source: staged.source,
      directory: place,
      files: staged.files,
      ...admission,
    }),
  );
}

/** What made the name of the staging directory its own. */
const suffixOf = ({ directory }: StagedPackage): string => basename(directory).slice(-6);

/**
 * Removes what nothing names any more: packages that were staged and not admitted, and those that were replaced or
 * taken away, also by commands that were killed.
 */
export async function sweepDirectory(directory: string): Promise<void> {
  await rm(join(directory, stagingDirectory), { recursive: true, force: true });
  const named = new Set(readDriverList(directory).map((driver) => basename(driver.directory)));
  const present = await readdir(join(directory, installedDirectory)).catch(() => []);
  for (const name of present.filter((one) => !named.has(one)))
    await rm(join(directory, installedDirectory, name), { recursive: true, force: true });
}
