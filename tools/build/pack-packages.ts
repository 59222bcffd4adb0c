import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A package as it is published. */
export interface PackedPackage {
  /** `@cyborgjs/core` */
  readonly name: string;
  /** `packages/core` */
  readonly directory: string;
  readonly tarball: string;
}

/** Packs every package that is published, as built, into a directory. */
export async function packPackages(destination: string): Promise<PackedPackage[]> {
  const { packageManager } = manifestOf('.');
  const packed: PackedPackage[] = [];
  for (const folder of readdirSync(join(root, 'packages'))) {
    const directory = `packages/${folder}`;
    const { name = '', isPrivate } = manifestOf(directory);
    if (isPrivate) continue;
    const args = ['--yes', packageManager ?? 'pnpm', 'pack', '--json', '--pack-destination', destination];
    const { stdout } = await promisify(execFile)('npx', args, {
      cwd: join(root, directory),
      env: { ...process.env, CI: '1', pnpm_config_pm_on_fail: 'ignore' },
    });
    packed.push({ name, directory, tarball: JSON.parse(stdout).filename });
  }
  return packed;
}

function manifestOf(directory: string) {
  const manifest = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
  return {
    name: manifest.name as string | undefined,
    packageManager: manifest.packageManager as string | undefined,
    isPrivate: manifest.private === true,
  };
}
