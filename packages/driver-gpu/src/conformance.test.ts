import { fileURLToPath } from 'node:url';
import { failedChecks, renderTerminal, runConformance } from '@cyborgjs/driver-sdk/conformance';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { families, fixtureOf } from '../test/gpu-families.ts';
import { gpuDriver } from './index.ts';

/** All of them take minutes: without this variable only the ones most unlike each other are tried. */
const tried = families.filter(
  (family) => process.env.CYBORG_TEST_EVERY_FAMILY === '1' || family.isPlain === true,
);

describe.each(tried.map((family) => [family.name, family] as const))('on %s', (_name, family) => {
  it('the GPU driver conforms', { timeout: 1_800_000 }, async () => {
    const report = await runConformance({
      driver: gpuDriver,
      packageJson,
      fixtures: [fixtureOf(family)],
      package: {
        directory: fileURLToPath(new URL('..', import.meta.url)),
        entryFile: fileURLToPath(new URL('./index.ts', import.meta.url)),
      },
    });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    expect(report.results.flatMap(({ name, outcome }) => (outcome === 'not-shown' ? [name] : []))).toEqual(
      family.notShown ?? [],
    );
  });
});
