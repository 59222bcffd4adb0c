import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { conformanceChecks } from '../src/conformance/checks/index.ts';
import { failedChecks, runConformance } from '../src/conformance/index.ts';
import type { Driver } from '../src/driver.ts';
import { acmeDriver } from './acme/acme-driver.ts';
import { acmeFixture } from './acme/acme-fixture.ts';
import { acmePackage } from './acme/acme-package.ts';
import type { Mistake } from './faulty-drivers/mistake.ts';

interface FaultyDriver {
  readonly file: string;
  readonly default: Driver;
  readonly mistake: Mistake;
  readonly packageJson?: unknown;
}

/**
 * A trial at each call that a driver makes: half of what the kit costs. Without this variable a faulty driver is put
 * through those of them that its mistake is to be found by, and through every other check.
 */
const triesAll = process.env.CYBORG_TEST_EVERY_CHECK === '1';
const sweeps = ['error-at-i', 'crash-around-i', 'hang-at-i', 'cancel-at-i', 'garbage', 'concurrent-siblings'];

const chosenFor = ({ checks }: Mistake): number[] =>
  conformanceChecks
    .filter(({ id, name }) => triesAll || checks.includes(id) || !sweeps.includes(name))
    .map(({ id }) => id);

const directory = fileURLToPath(new URL('..', import.meta.url));
const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function readFaultyDrivers(): Promise<FaultyDriver[]> {
  const names = readdirSync(fileOf('faulty-drivers'));
  const modules = names.map(async (name): Promise<FaultyDriver[]> => {
    const file = fileOf(`faulty-drivers/${name}`);
    const module: Omit<FaultyDriver, 'file'> = await import(file);
    return module.default === undefined ? [] : [{ ...module, file }];
  });
  return (await Promise.all(modules)).flat();
}

const withoutNumbers = (finding: string | undefined): string =>
  finding?.replaceAll(/call \d+/g, 'call …') ?? '';

describe('the kit', () => {
  it('finds nothing against the driver that the faulty ones are made from, and shows all of it', {
    timeout: 300_000,
  }, async () => {
    const report = await runConformance({
      driver: acmeDriver,
      packageJson: acmePackage,
      fixtures: [acmeFixture()],
      package: { directory, entryFile: fileOf('acme/acme-driver.ts') },
    });
    expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(report.results.length).toBeGreaterThanOrEqual(50);
  });
});

describe('the kit catches a driver that', async () => {
  const faulty = await readFaultyDrivers();
  it.each(faulty.map((one) => [one.mistake.what, one] as const))(
    '%s',
    {
      timeout: 300_000,
    },
    async (_what, { file, default: driver, packageJson = acmePackage, mistake }) => {
      const report = await runConformance({
        driver,
        packageJson,
        fixtures: [acmeFixture()],
        package: { directory, entryFile: file },
        checks: chosenFor(mistake),
        skipsProcesses: mistake.inProcess !== true,
      });
      const failed = failedChecks(report).sort((left, right) => left.id - right.id);
      expect(failed.map(({ id }) => id)).toEqual(mistake.checks);
      expect(withoutNumbers(failed[0]?.findings[0]).slice(0, mistake.says.length)).toBe(mistake.says);
    },
  );
});
