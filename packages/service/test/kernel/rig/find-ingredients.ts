import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fetchKernel } from './fetch-kernel.ts';
import { buildSampleModules } from './sample-modules.ts';
import { unpackKernel } from './unpack-kernel.ts';

/** What a guest is made of; all of it comes from Debian packages. */
export interface Ingredients {
  readonly qemu: string;
  /** A static busybox. */
  readonly busybox: string;
  /**
   * In the repository, with `boot`, where the kernel is unpacked too, `lib/modules` and, where they could be built, the
   * modules in `extra`.
   */
  readonly kernelDirectory: string;
  /** As `uname -r` would say: `6.1.0-56-amd64`. */
  readonly version: string;
  readonly kernel: string;
  /** Why mediated devices and FPGAs cannot be shown; undefined when they can. */
  readonly withoutSamples: string | undefined;
}

/** Packages of Debian 12 that a guest needs. */
export const guestPackages = ['qemu-system-x86', 'busybox-static', 'cpio', 'kmod', 'xz-utils'];

/**
 * Finds what a guest needs, and fetches the kernel into a directory the first time. A text says what is missing and
 * how to get it.
 */
export async function findIngredients(cache: string): Promise<Ingredients | string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on an x86-64 machine';
  const missing = ['qemu-system-x86_64', 'busybox', 'cpio', 'modprobe', 'depmod', 'xz'].filter(
    (name) => findProgram(name) === undefined,
  );
  if (missing.length > 0) return `${missing.join(', ')} missing: apt-get install ${guestPackages.join(' ')}`;
  const fetched = await fetchKernel(cache);
  if (typeof fetched === 'string') return fetched;
  const kernelDirectory = fetched.directory;
  const [version = ''] = readdirSync(join(kernelDirectory, 'lib/modules'));
  const kernel = join(kernelDirectory, 'boot', `vmlinuz-${version}`);
  await unpackKernel(kernel, join(kernelDirectory, 'boot', `vmlinux-${version}`));
  return {
    qemu: 'qemu-system-x86_64',
    busybox: findProgram('busybox') ?? '',
    kernelDirectory,
    version,
    kernel,
    withoutSamples: await buildSampleModules(kernelDirectory, version),
  };
}

/** Where a program is; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/bin'];
  return places
    .map((place) => join(place, name))
    .find((path) => {
      if (!existsSync(path)) return false;
      accessSync(path, constants.X_OK);
      return true;
    });
}
