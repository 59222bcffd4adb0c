import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const conditions = ['cyborg-source', 'node'];

/** Of files that take minutes. Begun among the last they would leave processors idle at the end. */
const longest = ['conformance.test.ts', 'faulty-drivers.test.ts', 'behind-keystone'];

/** A new clone does not know how long each file takes, and would go by their sizes alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      longest.some((part) => moduleId.includes(part));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
});
