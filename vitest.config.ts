import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const conditions = ['cyborg-source', 'node'];

/** One suite over all packages, run on the sources; children that tests start get the same condition. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'tools/**/*.test.{ts,mjs}',
      'bench/*.test.ts',
    ],
    execArgv: ['--conditions=cyborg-source', '--disable-warning=ExperimentalWarning'],
    env: {
      NODE_OPTIONS: '--conditions=cyborg-source --disable-warning=ExperimentalWarning',
      // Tests start many processes on the sources; with it each module is stripped of its types once.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile'),
    },
    globalSetup: ['packages/service/test/drop-test-databases.ts'],
    // Many suites wait for processes more than they compute.
    maxWorkers: availableParallelism() + 1,
    // A worker keeps its modules: loading them anew for each file would cost more than most files take.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
});
