// Builds every package as it is published, and looks at the result. Alone: node tools/build/build-packages.ts
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface PublishedManifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs tsup in one package; resolves to what is wrong, nothing when all is well. */
async function buildPackage(name: string): Promise<string[]> {
  const cwd = join(root, 'packages', name);
  const tsup = join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js');
  const env = { ...process.env, CYBORG_BUILD_FAST: '' };
  try {
    await promisify(execFile)(process.execPath, [tsup, '--silent'], { cwd, env, maxBuffer: 1 << 26 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return [`${name}: tsup failed\n${stdout}${stderr}`];
  }
  return missingOutputs(cwd).map((text) => `${name}: ${text}`);
}

/** Files that the published manifest promises and the build did not make, and programs that are none. */
export function missingOutputs(directory: string): string[] {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PublishedManifest;
  const targets = Object.values(manifest.publishConfig?.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
  );
  const programs = Object.values(manifest.bin ?? {});
  const absent = [...targets, ...programs].filter((path) => !existsSync(join(directory, path)));
  const unmarked = programs
    .filter((path) => !absent.includes(path))
    .filter((path) => !readFileSync(join(directory, path), 'utf8').startsWith('#!/usr/bin/env node\n'));
  return [
    ...absent.map((path) => `${path} was not built; see exports and bin in package.json`),
    ...unmarked.map(
      (path) => `${path} does not begin with #!/usr/bin/env node; put that line into its source`,
    ),
  ];
}

if (import.meta.main) {
  const queue = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'tsup.config.ts')),
  );
  const problems: string[] = [];
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift())
      problems.push(...(await buildPackage(name)));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const problem of problems) console.log(`FAIL ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
