import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The package that always depends on Debian's newest kernel of a release. */
const newest = 'linux-image-amd64';

/**
 * Debian's kernel, unpacked in a directory of its own below the cache: it is neither installed nor does it touch the
 * machine. A text says why it cannot be had.
 */
export async function fetchKernel(cache: string): Promise<{ readonly directory: string } | string> {
  const present = existsSync(cache)
    ? readdirSync(cache).find((name) => name.startsWith('linux-image-'))
    : undefined;
  if (present !== undefined) return { directory: join(cache, present) };
  try {
    return { directory: await download(cache) };
  } catch (error) {
    return `no kernel: apt-get download of ${newest} failed: ${error instanceof Error ? error.message : error}`;
  }
}

async function download(cache: string): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', newest]);
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error(`apt-cache knows no ${newest}; run apt-get update`);
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'download-'));
  try {
    await run('apt-get', ['download', name], { cwd: directory });
    const [archive = ''] = readdirSync(directory);
    await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar x ./boot ./lib && rm "$0"', archive], {
      cwd: directory,
    });
    const [version = ''] = readdirSync(join(directory, 'lib/modules'));
    await run('depmod', ['-b', directory, version], { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
    await rename(directory, join(cache, name));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return join(cache, name);
}
