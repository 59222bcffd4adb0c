import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, glob, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Packages that building takes: Debian ships neither the samples nor the FPGA subsystem (CONFIG_SAMPLES, CONFIG_FPGA). */
export const samplePackages = ['linux-source-6.1', 'linux-headers-amd64', 'build-essential'];

/** Sources by their place in the kernel, as the modules of `makefile` need them. */
const sources = [
  'samples/vfio-mdev/{mtty.c,mdpy.c,mdpy-defs.h}',
  'drivers/fpga/{fpga-mgr,fpga-bridge,fpga-region,dfl*}.c',
  'drivers/fpga/*.h',
];

const makefile = `obj-m += mtty.o mdpy.o fpga-mgr.o fpga-bridge.o fpga-region.o dfl.o dfl-fme.o dfl-fme-mgr.o
obj-m += dfl-fme-br.o dfl-fme-region.o dfl-afu.o dfl-pci.o
dfl-fme-objs := dfl-fme-main.o dfl-fme-pr.o dfl-fme-error.o dfl-fme-perf.o
dfl-afu-objs := dfl-afu-main.o dfl-afu-region.o dfl-afu-dma-region.o dfl-afu-error.o
`;

/**
 * Builds the kernel's own sample of mediated devices and its FPGA subsystem as modules, into `extra` beside the
 * kernel, where depmod finds them. Says why not, where it cannot; undefined when they are there.
 */
export async function buildSampleModules(
  kernelDirectory: string,
  version: string,
): Promise<string | undefined> {
  const target = join(kernelDirectory, 'lib/modules', version, 'extra');
  if (existsSync(target)) return undefined;
  const archive = `/usr/src/linux-source-${version.split('.').slice(0, 2).join('.')}.tar.xz`;
  const headers = `/usr/src/linux-headers-${version}`;
  const missing = [archive, headers, '/usr/bin/make', '/usr/bin/gcc'].filter((path) => !existsSync(path));
  if (missing.length > 0)
    return `the kernel's sample modules cannot be built without ${missing.join(', ')}: apt-get install ${samplePackages.join(' ')}`;
  const directory = await mkdtemp(join(kernelDirectory, 'build-'));
  try {
    await build(directory, { archive, headers });
    const built = join(directory, 'extra');
    await mkdir(built);
    for await (const path of glob(join(directory, 'module/*.ko')))
      await copyFile(path, join(built, basename(path)));
    await rename(built, target);
    await run('depmod', ['-b', kernelDirectory, version], {
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    return undefined;
  } catch (error) {
    return `the kernel's sample modules did not build: ${error instanceof Error ? error.message : error}`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function build(
  directory: string,
  from: { readonly archive: string; readonly headers: string },
): Promise<void> {
  const places = ['samples/vfio-mdev', 'drivers/fpga'].map(
    (place) => `${basename(from.archive, '.tar.xz')}/${place}`,
  );
  await run('tar', ['xf', from.archive, '--strip-components=1', ...places], { cwd: directory });
  const module = join(directory, 'module');
  await mkdir(module);
  for (const pattern of sources)
    for await (const path of glob(join(directory, pattern)))
      await copyFile(path, join(module, basename(path)));
  await writeFile(join(module, 'Makefile'), makefile);
  await run('make', ['-C', from.headers, `M=${module}`, 'modules'], { maxBuffer: 2 ** 26 });
}
