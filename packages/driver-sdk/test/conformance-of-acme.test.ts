import { expect, it } from 'vitest';
import { failedChecks, renderTerminal, runConformance } from '../src/conformance/index.ts';
import { acmeDriver } from './acme/acme-driver.ts';
import { acmeFixture } from './acme/acme-fixture.ts';
import { acmePackage } from './acme/acme-package.ts';

it('conforms', { timeout: 120_000 }, async () => {
  const started = Date.now();
  const report = await runConformance({
    driver: acmeDriver,
    packageJson: acmePackage,
    fixtures: [acmeFixture()],
  });
  console.log(renderTerminal(report, { color: false }), Date.now() - started);
  console.log(report.results.map((r) => `${r.id}:${r.evidence.trials}`).join(' '));
  expect(failedChecks(report)).toEqual([]);
});
