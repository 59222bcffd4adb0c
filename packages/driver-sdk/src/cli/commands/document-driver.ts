import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverConfigSchema } from '../../driver-config-schema.ts';
import { readConformanceFile } from '../conformance-file.ts';
import { placeDocument, renderDriverDocument } from '../driver-document.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { hashPackageFiles } from '../hash-package-files.ts';
import { type OpenPackage, openPackage } from '../open-package.ts';
import type { Terminal } from '../terminal.ts';

export interface DocumentFlags {
  readonly config?: string;
  /** Only says whether the README is as it would be written. */
  readonly check?: boolean;
}

/** Writes the tables of a driver's README, or checks that they are up to date. */
export async function documentDriver(
  directory: string,
  flags: DocumentFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openPackage(directory, flags.config);
  const file = join(opened.directory, 'README.md');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : `# ${opened.name}\n`;
  const after = documentedReadme(opened, before);
  if (flags.check !== true) {
    writeFileSync(file, after);
    return exitCode.ok;
  }
  if (before === after) return exitCode.ok;
  terminal.tell(`${file} is not up to date; write it again: cyborg-driver doc`);
  return exitCode.failed;
}

/** A README with the tables as they are now. */
export function documentedReadme(
  { directory, manifest, driver, packageJson }: OpenPackage,
  readme: string,
): string {
  const settings = driverConfigSchema(driver.config);
  const files = hashPackageFiles(directory, packageJson);
  const record = readConformanceFile(directory);
  return placeDocument(readme, renderDriverDocument({ manifest, settings, record, files }));
}
