import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { CyborgError } from '@cyborgjs/core';
import { isDriverError } from '@cyborgjs/driver-sdk';
import { type DriverPackage, resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import { z } from 'zod';
import type { Npm } from './npm.ts';
import { fileListName, formatFileList, hashFiles, listEntries, sha256 } from './package-files.ts';

/** A driver package, installed beside the drivers that may run and not among them yet. */
export interface StagedPackage {
  /** The directory to be moved among them. */
  readonly directory: string;
  readonly package: DriverPackage;
  /** Of its tarball: `sha512-` and Base64. */
  readonly integrity: string;
  /** What it was asked for as: `cyborg-driver-acme@^1`, or an absolute path. */
  readonly source: string;
  readonly kind: 'registry' | 'tarball' | 'folder';
  /** `sha256:` of its list of files. */
  readonly files: string;
  readonly fileCount: number;
  /** What the registry says of who built it; null where it says nothing, or was not asked. */
  readonly provenance: string | null;
}

/** Where a package is staged in a driver directory; what a killed process left there is swept by the next one. */
export const stagingDirectory = 'staging';

const tarballName = 'package.tgz';

/**
 * Fetches and installs a package with its dependencies in a directory of its own, an npm project with its lockfile.
 * None of its code and none of its scripts is run. Throws `driver.not_installable` or `driver.refused`.
 *
 * @param asked name with or without version or tag, path of a tarball, path of a folder
 */
export async function stagePackage(directory: string, asked: string, npm: Npm): Promise<StagedPackage> {
  const staging = join(directory, stagingDirectory);
  await mkdir(staging, { recursive: true, mode: 0o755 });
  const project = await mkdtemp(join(staging, 'package-'));
  const { kind, source } = sourceOf(asked);
  await fetchTarball(project, { kind, source }, npm);
  const integrity = integrityOf(await readFile(join(project, tarballName)));
  const name = await install(project, npm);
  const entries = await tidy(project);
  const found = resolveStaged(project, name);
  const paths = entries.filter((entry) => entry.kind === 'file').map(({ path }) => path);
  const list = formatFileList(await hashFiles(project, paths));
  await writeFile(join(project, fileListName), list, { mode: 0o644 });
  return {
    directory: project,
    package: found,
    integrity,
    source,
    kind,
    files: `sha256:${sha256(list)}`,
    fileCount: paths.length,
    provenance: kind === 'registry' ? await askProvenance(project, `${name}@${found.version}`, npm) : null,
  };
}

function sourceOf(asked: string): Pick<StagedPackage, 'kind' | 'source'> {
  const isPath =
    isAbsolute(asked) || /^\.\.?(\/|$)/.test(asked) || asked.endsWith('.tgz') || asked.endsWith('.tar.gz');
  const path = resolve(asked);
  if (isPath && !existsSync(path))
    throw new CyborgError('driver.not_installable', `there is neither a tarball nor a folder ${path}`);
  if (isPath && statSync(path).isDirectory() && !existsSync(join(path, 'package.json')))
    throw new CyborgError('driver.not_installable', `the folder ${path} has no package.json`);
  if (isPath) return { kind: statSync(path).isDirectory() ? 'folder' : 'tarball', source: path };
  if (/^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(@[\w.^~<>=*|+ -]+)?$/.test(asked))
    return { kind: 'registry', source: asked };
  throw new CyborgError(
    'driver.not_installable',
    `"${asked}" is no package: give a name (cyborg-driver-acme, cyborg-driver-acme@1.2.3), a tarball (./acme-1.2.3.tgz) or a folder (./acme)`,
  );
}

async function fetchTarball(
  project: string,
  { kind, source }: Pick<StagedPackage, 'kind' | 'source'>,
  npm: Npm,
): Promise<void> {
  const tarball = join(project, tarballName);
  if (kind === 'tarball') return copyFile(source, tarball);
  const packed = await npm(project, ['pack', source, '--silent']);
  const name = packed.trim().split('\n').at(-1) ?? '';
  await rename(join(project, name), tarball);
}

const integrityOf = (content: Uint8Array): string =>
  `sha512-${createHash('sha512').update(content).digest('base64')}`;

const Project = z.object({ dependencies: z.record(z.string(), z.string()) });

/** The name of the package. Nothing of an earlier installation is looked at: it is a project of its own. */
async function install(project: string, npm: Npm): Promise<string> {
  const file = join(project, 'package.json');
  await writeFile(file, `${JSON.stringify({ name: 'one-driver', private: true }, undefined, 2)}\n`);
  await npm(project, ['install', `./${tarballName}`, '--omit=dev', '--install-links', '--no-bin-links']);
  const { dependencies } = Project.parse(JSON.parse(await readFile(file, 'utf8')));
  const [name] = Object.keys(dependencies);
  if (name === undefined)
    throw new CyborgError('driver.not_installable', `npm installed nothing from ${tarballName}`);
  return name;
}

/** Nobody but the owner may write what is run, whatever the umask was and the tarball says. */
async function tidy(project: string) {
  const entries = await listEntries(project);
  for (const { path, kind, mode, target } of entries) {
    if (kind === 'link' || kind === 'other' || path.includes('\n'))
      throw new CyborgError(
        'driver.refused',
        `the package has ${JSON.stringify(path)}${target === '' ? '' : `, a link to ${target}`}: ` +
          'a driver has files and directories only',
      );
    await chmod(join(project, path), kind === 'directory' ? 0o755 : (mode & 0o111) === 0 ? 0o644 : 0o755);
  }
  return entries;
}

function resolveStaged(project: string, name: string): DriverPackage {
  try {
    return resolveDriverPackage({ directory: join(project, 'node_modules', name) });
  } catch (cause) {
    if (!isDriverError(cause)) throw cause;
    const said = cause.message.replaceAll(`${project}/node_modules/`, '');
    throw new CyborgError('driver.refused', `${said}${cause.hint === undefined ? '' : `. ${cause.hint}`}`, {
      cause,
    });
  }
}

const Published = z.object({
  'dist.attestations': z.object({ url: z.string() }).optional(),
  'dist.signatures': z.array(z.object({ keyid: z.string() })).optional(),
});

/** As the registry tells it; npm has checked the integrity of what it fetched against the same registry. */
async function askProvenance(project: string, exact: string, npm: Npm): Promise<string | null> {
  try {
    const told = await npm(project, ['view', exact, 'dist.attestations', 'dist.signatures', '--json']);
    const { 'dist.attestations': attestations, 'dist.signatures': signatures } = Published.parse(
      JSON.parse(told || '{}'),
    );
    if (attestations !== undefined) return `attested, ${attestations.url}`;
    return (signatures ?? []).length > 0 ? 'signed by the registry, no attestation' : null;
  } catch {
    return null;
  }
}
