import { fileURLToPath } from 'node:url';
import { failedChecks, renderTerminal, runConformance } from '@cyborgjs/driver-sdk/conformance';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { families, fixtureOf } from '../test/gpu-families.ts';
import { gpuDriver } from './index.ts';

/** All of them take minutes: without this variable only the ones most unlike each other are tried. */
const triesAll = process.env.CYBORG_TEST_EVERY_FAMILY === '1';
const tried = families.filter((family) => triesAll || family.isPlain === true);

describe.each(tried.map((family) => [family.name, family] as const))('on %s', (_name, family) => {
  it('the GPU driver conforms', { timeout: 1_800_000 }, async () => {
    // In a process of its own the driver does the same whatever the card is, and it takes long.
    const skipsProcesses = !triesAll && family !== tried[0];
    const report = await runConformance({
      driver: gpuDriver,
      packageJson,
      fixtures: [fixtureOf(family)],
      package: {
        directory: fileURLToPath(new URL('..', import.meta.url)),
        entryFile: fileURLToPath(new URL('./index.ts', import.meta.url)),
      },
      skipsProcesses,
    });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    expect(report.results.flatMap(({ name, outcome }) => (outcome === 'not-shown' ? [name] : []))).toEqual([
      ...(family.notShown ?? []),
      ...(skipsProcesses ? ['loop-block', 'crash-kinds'] : []),
    ]);
  });
});
