import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failedChecks, runConformance } from '../src/conformance/index.ts';
import type { Driver } from '../src/driver.ts';
import { acmeFixture } from './acme/acme-fixture.ts';
import { acmePackage } from './acme/acme-package.ts';
import type { Mistake } from './faulty-drivers/mistake.ts';

interface FaultyDriver {
  readonly default: Driver;
  readonly mistake: Mistake;
  readonly packageJson?: unknown;
}

const directory = new URL('faulty-drivers/', import.meta.url);
const names = readdirSync(directory).filter((name) => name !== 'mistake.ts' && name !== 'change-seam.ts');

describe('the kit catches a driver that', async () => {
  const faulty = await Promise.all(
    names.map(async (name): Promise<FaultyDriver> => import(new URL(name, directory).href)),
  );
  it.each(faulty.map((one) => [one.mistake.what, one] as const))(
    '%s',
    { timeout: 300_000 },
    async (_what, { default: driver, packageJson = acmePackage, mistake }) => {
      const report = await runConformance({ driver, packageJson, fixtures: [acmeFixture()] });
      const failed = failedChecks(report);
      expect(failed.map(({ id }) => id)).toEqual(mistake.checks);
      expect(failed[0]?.findings[0]).toSatisfy((finding: string) => finding.startsWith(mistake.says));
    },
  );
});
