// Starts everything here with nothing but Node (20 or later) and npm on the machine:
//
//   npm start [-- options of cyborgd]     the demo, http://127.0.0.1:6666
//   npm test [-- options of vitest]
//   npm run test:kernel                   the tests that need a real Linux kernel, in QEMU
//   npm run ok [-- parts]                 the gate
//   npm run build                         all packages, as they are published
//   npm run -s cyborg -- host list        the operator's command
//   npm run bench [-- names]
//   npm run versions [-- 22]              the packages for everybody on other versions of Node
//   npm run fuzz [-- names]               damaged inputs for the parsers of drivers
//   npm run fuzz:http                     requests that nobody expects, for a whole service
//
// The first run installs the pinned packages, and among them the Node that the project is developed with; all
// further work is done by that one. The second run finds its stamps and goes straight to work; two at once install
// and build one after the other.
import { existsSync } from 'node:fs';
import { buildFast } from './run/build-fast.mjs';
import { runForeground } from './run/child.mjs';
import { install } from './run/install.mjs';
import { takeTurn } from './run/take-turn.mjs';
import { Failure, runtimeOf } from './run/workplace.mjs';

const tasks = {
  start: async (workplace, args) => {
    await buildFast(workplace);
    return ['packages/service/dist/main.js', 'all', '--demo', ...args];
  },
  test: async (_workplace, args) => ['node_modules/vitest/vitest.mjs', 'run', ...args],
  'test:kernel': async (workplace, args) => {
    await buildFast(workplace);
    return ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.kernel.config.ts', ...args];
  },
  ok: async (_workplace, args) => ['tools/gate/ok.ts', ...args],
  build: async () => ['tools/build/build-packages.ts'],
  cyborg: async (workplace, args) => {
    await buildFast(workplace);
    return ['packages/client/dist/main.js', ...args];
  },
  versions: async (_workplace, args) => ['tools/versions/test-node-versions.ts', ...args],
  bench: async (workplace, args) => {
    await buildFast(workplace);
    return ['bench/run.ts', ...args];
  },
  'fuzz:http': async (_workplace, args) => [
    '--conditions=cyborg-source',
    '--disable-warning=ExperimentalWarning',
    'tools/fuzz/fuzz-http.ts',
    ...args,
  ],
  fuzz: async (_workplace, args) => [
    '--conditions=cyborg-source',
    '--expose-gc',
    'tools/fuzz/fuzz.ts',
    ...args,
  ],
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2).filter((word) => word !== '--');
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task === undefined) {
    throw new Failure(`There is no task "${name}".`, `It is one of: ${Object.keys(tasks).join(', ')}.`);
  }
  const workplace = runtimeOf(new URL('..', import.meta.url));
  if (!existsSync(workplace.path('pnpm-lock.yaml'))) {
    throw new Failure(
      `${workplace.root} is not the whole repository.`,
      'Run this in a complete clone of it.',
    );
  }
  const endTurn = await takeTurn(workplace);
  await install(workplace);
  const program = await task(workplace, args);
  if (name !== 'build') endTurn();
  return await runForeground(workplace, program);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`\n${error.message}\n${error.remedy}`);
  process.exitCode = 1;
}
