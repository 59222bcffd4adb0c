import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runQuietly } from './child.mjs';
import { Failure, hashOf, hasStamp, packageDirectories, writeStamp } from './workplace.mjs';

/** Builds every package of ours whose sources changed since, without declarations. */
export async function buildFast(workplace) {
  const stale = packageDirectories(workplace)
    .filter((directory) => existsSync(workplace.path(directory, 'tsup.config.ts')))
    .map((directory) => ({ directory, stamp: `build-${directory.replaceAll('/', '-')}` }))
    .map((entry) => ({ ...entry, hash: hashOf(workplace, sourcesOf(workplace, entry.directory)) }))
    .filter(({ directory, stamp, hash }) => {
      const isBuilt = existsSync(workplace.path(directory, 'dist'));
      return !isBuilt || !hasStamp(workplace, stamp, hash);
    });
  if (stale.length === 0) return;
  console.error(`Building ${stale.map(({ directory }) => directory.replace('packages/', '')).join(', ')}.`);
  const queue = [...stale];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await buildOne(workplace, next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

async function buildOne(workplace, { directory, stamp, hash }) {
  const tsup = workplace.path('node_modules', 'tsup', 'dist', 'cli-default.js');
  const { code, output } = await runQuietly(workplace.node, [tsup], {
    cwd: workplace.path(directory),
    env: { ...workplace.env, CYBORG_BUILD_FAST: '1' },
  });
  if (code !== 0) {
    throw new Failure(`${output}\n${directory} does not build.`, `Try it alone: cd ${directory} && npx tsup`);
  }
  writeStamp(workplace, stamp, hash);
}

/** Everything that a build depends on, tests aside; paths from the root of the repository. */
function sourcesOf(workplace, directory) {
  const sources = readdirSync(workplace.path(directory, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(workplace.root.length));
  const settings = ['package.json', 'tsup.config.ts'].map((name) => `${directory}/${name}`);
  return [...sources, ...settings, 'tools/build/tsup-options.ts', 'tsconfig.json'];
}
