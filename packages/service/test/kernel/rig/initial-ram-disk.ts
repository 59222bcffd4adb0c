import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

/** What a guest needs before it has its root: the bus, the file system of the root and the channel of results. */
const bootModules = ['virtio_pci', '9pnet_virtio', '9p', 'virtio_console'];

export interface InitialRamDiskOptions {
  /** Directory with `lib/modules/<version>`. */
  readonly kernelDirectory: string;
  readonly version: string;
  /** A static busybox. */
  readonly busybox: string;
  readonly initScript: string;
  /** Shell variables for the scripts of the guest. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Writes an initial RAM disk (cpio, newc) to `directory/initrd` and returns its path. */
export async function buildInitialRamDisk(
  directory: string,
  options: InitialRamDiskOptions,
): Promise<string> {
  const root = join(directory, 'ram');
  for (const place of ['bin', 'modules', 'proc', 'sys', 'dev', 'root', 'repository'])
    await mkdir(join(root, place), { recursive: true });
  const modules = await modulePaths(join(options.kernelDirectory, 'lib/modules', options.version));
  for (const path of modules) await copyFile(path, join(root, 'modules', basename(path)));
  await copyFile(options.busybox, join(root, 'bin/busybox'));
  await copyFile(options.initScript, join(root, 'init'));
  const variables = { ...options.variables, boot_modules: modules.map((path) => basename(path)).join(' ') };
  await writeFile(
    join(root, 'story.sh'),
    Object.entries(variables)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  const file = join(directory, 'initrd');
  await promisify(execFile)('sh', ['-c', 'chmod 755 init && find . | cpio -o -H newc --quiet >"$0"', file], {
    cwd: root,
  });
  return file;
}

/** The boot modules with all that they need, in the order of loading. */
async function modulePaths(directory: string): Promise<string[]> {
  const needs = new Map<string, string[]>();
  for (const line of (await readFile(join(directory, 'modules.dep'), 'utf8')).split('\n')) {
    const [path = '', rest = ''] = line.split(':');
    needs.set(basename(path).replace(/\.ko.*$/, ''), [path, ...rest.trim().split(' ').filter(Boolean)]);
  }
  const ordered = bootModules.flatMap((name) => (needs.get(name) ?? []).toReversed());
  return [...new Set(ordered)].map((path) => join(directory, path));
}
