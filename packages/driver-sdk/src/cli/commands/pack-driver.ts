import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type ConformanceRecord, changedSince } from '../../conformance/report/conformance-record.ts';
import { driverConfigSchema, driverConfigSchemaFile } from '../../driver-config-schema.ts';
import { DriverError } from '../../driver-error.ts';
import { readConformanceFile } from '../conformance-file.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { hashPackageFiles } from '../hash-package-files.ts';
import { type OpenPackage, openPackage } from '../open-package.ts';
import type { Terminal } from '../terminal.ts';
import { documentedReadme } from './document-driver.ts';

export interface PackFlags {
  readonly config?: string;
  readonly destination: string;
}

/**
 * Makes the tarball of a driver package whose conformance.json and README are of exactly these files; with it goes
 * the JSON Schema of its settings, which is written anew.
 */
export async function packDriver(directory: string, flags: PackFlags, terminal: Terminal): Promise<ExitCode> {
  const opened = await openPackage(directory, flags.config);
  const complaints = complaintsAbout(opened);
  if (complaints.length > 0) {
    terminal.tell([`${opened.name} is not ready to be packed:`, ...complaints].join('\n- '));
    return exitCode.failed;
  }
  const schema = `${JSON.stringify(driverConfigSchema(opened.driver.config), undefined, 2)}\n`;
  writeFileSync(join(opened.directory, driverConfigSchemaFile), schema);
  terminal.print(join(flags.destination, await npmPack(opened.directory, resolve(flags.destination))));
  return exitCode.ok;
}

function complaintsAbout(opened: OpenPackage): string[] {
  const record = readConformanceFile(opened.directory);
  if (record === undefined)
    return ['there is no conformance.json: cyborg-driver test --json conformance.json'];
  const readme = join(opened.directory, 'README.md');
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const isDocumented = documentedReadme(opened, text) === text;
  return [
    ...recordComplaints(record, hashPackageFiles(opened.directory, opened.packageJson)),
    ...(isDocumented ? [] : ['README.md is not up to date: cyborg-driver doc']),
    ...unshipped(opened.packageJson).map((name) => `"files" in package.json does not name ${name}`),
  ];
}

function recordComplaints(record: ConformanceRecord, files: Readonly<Record<string, string>>): string[] {
  const failed = record.results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
  const changed = changedSince(record, files);
  return [
    ...(failed.length === 0
      ? []
      : [`conformance.json has failed checks: ${[...new Set(failed)].join(', ')}`]),
    ...(changed.length === 0
      ? []
      : [`files have changed since conformance.json was written: ${changed.slice(0, 5).join(', ')}`]),
  ];
}

/** What operators look for in a package, and would not find in the tarball. */
function unshipped(packageJson: unknown): string[] {
  const { files } = z.looseObject({ files: z.array(z.string()).optional() }).parse(packageJson);
  return ['conformance.json', driverConfigSchemaFile].filter((name) => files?.includes(name) === false);
}

/** The name of the tarball. No script of the package is run. */
async function npmPack(directory: string, destination: string): Promise<string> {
  try {
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', destination];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: directory });
    return stdout.trim();
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string };
    throw new DriverError('unavailable', `npm pack failed: ${stderr.trim() || String(cause)}`, { cause });
  }
}
