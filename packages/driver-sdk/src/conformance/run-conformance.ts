import { z } from 'zod';
import { DriverManifest } from '../driver-manifest.ts';
import { createBench } from './bench.ts';
import type { Check } from './check.ts';
import { conformanceChecks } from './checks/index.ts';
import {
  type CheckResult,
  type ConformanceLevel,
  type ConformanceReport,
  conformanceKitVersion,
} from './conformance-report.ts';
import type { ConformanceFixture, ConformanceSubject } from './conformance-subject.ts';
import { loadAnew } from './load-anew.ts';

const PackageJson = z.looseObject({ name: z.string(), version: z.string(), cyborgDriver: z.unknown() });

interface RunConformanceOptions {
  /** Milliseconds since the epoch; for the checks that have a time budget. */
  readonly now?: () => number;
  /** What the fixtures' machines are, default `sim`. */
  readonly level?: ConformanceLevel;
}

const preciseNow = (): number => performance.timeOrigin + performance.now();

/**
 * Runs the kit on a driver: every check on every fixture, each trial on a fresh machine. Never throws for what the
 * driver does. Without a valid manifest only the check of the manifest is run, and fails.
 *
 * @example
 * const report = await runConformance({ driver, packageJson, fixtures: manifestFixtures(manifest) });
 * expect(failedChecks(report)).toEqual([]);
 */
export async function runConformance<Config>(
  ofConfig: ConformanceSubject<Config>,
  { now = preciseNow, level = 'sim' }: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  // The kit knows no driver's config: it parses it with the driver's own schema and passes it on.
  const subject = ofConfig as unknown as ConformanceSubject;
  const { name, version, cyborgDriver } = PackageJson.parse(subject.packageJson);
  const manifest = DriverManifest.safeParse(cyborgDriver);
  const results = manifest.success
    ? await runChecks({ subject, manifest: manifest.data, now })
    : [manifestFailure(manifest.error)];
  return {
    kit: conformanceKitVersion,
    driver: { id: manifest.data?.id ?? 'unknown', package: name, version },
    level,
    devices: [],
    results,
  };
}

interface KitRun {
  readonly subject: ConformanceSubject;
  readonly manifest: DriverManifest;
  readonly now: () => number;
}

async function runChecks(run: KitRun): Promise<CheckResult[]> {
  const chosen = conformanceChecks.filter(({ id }) => run.subject.checks?.includes(id) ?? true);
  const results: CheckResult[] = [];
  for (const [index, fixture] of run.subject.fixtures.entries()) {
    for (const check of chosen)
      if (check.scope === 'fixture' || index === 0)
        results.push(await runCheck(check, { ...run, fixture, subject: await renew(run.subject) }));
    await fixture.close?.();
  }
  return results;
}

/** What one check has left in the variables of the driver's module is not laid to another's charge. */
const renew = async (subject: ConformanceSubject): Promise<ConformanceSubject> => ({
  ...subject,
  driver: await loadAnew(subject),
});

const manifestWhy = conformanceChecks.find(({ id }) => id === 1)?.why ?? '';

function manifestFailure(error: z.ZodError): CheckResult {
  return {
    id: 1,
    name: 'manifest-static',
    fixture: null,
    outcome: 'failed',
    reason: `cyborgDriver in package.json is not valid: ${z.prettifyError(error)}`,
    findings: error.issues.map(({ path, message }) => `cyborgDriver.${path.join('.')}: ${message}`),
    why: manifestWhy,
    evidence: { trials: 0, expectations: 1, failures: 1 },
  };
}

interface CheckRun extends KitRun {
  readonly fixture: ConformanceFixture;
}

async function runCheck(check: Check, run: CheckRun): Promise<CheckResult> {
  const bench = createBench(run);
  const fixture = check.scope === 'package' ? null : run.fixture.name;
  const place = { id: check.id, name: check.name, fixture, findings: [], why: check.why };
  try {
    await check.run(bench);
  } catch (error) {
    bench.expect(false, () => (error instanceof Error ? error.message : String(error)));
  }
  const evidence = { ...bench.evidence };
  if (evidence.failures > 0)
    return {
      ...place,
      outcome: 'failed',
      reason: explain(check, bench.findings, evidence),
      findings: [...bench.findings],
      evidence,
    };
  if (bench.skipped !== undefined) return { ...place, ...bench.skipped, evidence };
  if (evidence.expectations === 0)
    return { ...place, outcome: 'not-shown', reason: 'the fixture gives nothing to try', evidence };
  return { ...place, outcome: 'passed', reason: '', evidence };
}

function explain(
  { why }: Check,
  findings: readonly string[],
  { failures, expectations }: CheckResult['evidence'],
): string {
  return `${failures} of ${expectations} expectations failed. ${findings.join(' | ')} | ${why}`;
}
