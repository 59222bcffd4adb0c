import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const packages = fileURLToPath(new URL('../..', import.meta.url));
const workspace = dirname(packages);

interface Manifest {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly exports?: unknown };
}

/**
 * Builds packages of this repository, packs them as they are published, and unpacks the tarballs into a directory's
 * `node_modules`, as npm would; what they depend on besides is copied from here.
 *
 * @param scratch where the tarballs go
 */
export async function installPacked(
  names: readonly string[],
  { directory, scratch }: { readonly directory: string; readonly scratch: string },
): Promise<void> {
  for (const name of names) {
    const packed = await pack(name, scratch);
    const manifest = readManifest(join(packages, name));
    const home = join(directory, 'node_modules', manifest.name);
    mkdirSync(home, { recursive: true });
    await promisify(execFile)('tar', ['xzf', packed, '-C', home, '--strip-components=1']);
    for (const dependency of Object.keys(manifest.dependencies ?? {}))
      copyDependency(join(packages, name, 'node_modules'), join(directory, 'node_modules'), dependency);
    linkPrograms(manifest, directory);
  }
}

/** The tarball of a package, with its fresh build and the exports that it is published with. */
async function pack(name: string, scratch: string): Promise<string> {
  const source = join(packages, name);
  const copy = join(scratch, name);
  mkdirSync(copy, { recursive: true });
  const tsup = join(workspace, 'node_modules/tsup/dist/cli-default.js');
  const env = { ...process.env, CYBORG_BUILD_FAST: '1', NODE_OPTIONS: '' };
  const words = [tsup, '--silent', '--out-dir', join(copy, 'dist')];
  await promisify(execFile)(process.execPath, words, { cwd: source, env, maxBuffer: 1 << 26 });
  const { publishConfig, ...manifest } = readManifest(source);
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }, undefined, 2));
  if (existsSync(join(source, 'README.md'))) cpSync(join(source, 'README.md'), join(copy, 'README.md'));
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent', '--ignore-scripts'], {
    cwd: copy,
  });
  return join(copy, stdout.trim());
}

const readManifest = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

/** Copies what npm would have installed: a package and all that it depends on. */
function copyDependency(modulesHere: string, modules: string, dependency: string): void {
  const home = join(modules, dependency);
  if (dependency.startsWith('@cyborgjs/') || existsSync(home)) return;
  const real = realpathSync(join(modulesHere, dependency));
  cpSync(real, home, { recursive: true, dereference: true });
  // What it depends on lies beside it.
  const beside = dependency.startsWith('@') ? dirname(dirname(real)) : dirname(real);
  for (const further of Object.keys(readManifest(real).dependencies ?? {}))
    copyDependency(beside, modules, further);
}

function linkPrograms({ name, bin = {} }: Manifest, directory: string): void {
  mkdirSync(join(directory, 'node_modules/.bin'), { recursive: true });
  for (const [command, path] of Object.entries(bin)) {
    chmodSync(join(directory, 'node_modules', name, path), 0o755);
    symlinkSync(join('..', name, path), join(directory, 'node_modules/.bin', command));
  }
}
