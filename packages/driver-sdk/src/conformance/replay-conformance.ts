import type { Driver } from '../driver.ts';
import { replayMachine } from '../machine/replay-machine.ts';
import type { Recording } from '../recording/recording.ts';
import { conformanceChecks } from './checks/index.ts';
import type { CheckResult, ConformanceReport } from './conformance-report.ts';
import type { ConformanceFixture } from './conformance-subject.ts';
import { runConformance } from './run-conformance.ts';

interface ReplaySubject<Config> {
  /** The default export of the package. */
  readonly driver: Driver<Config>;
  /** The package's package.json, parsed. */
  readonly packageJson: unknown;
  /** At least one, by name. */
  readonly recordings: Readonly<Record<string, Recording>>;
}

/** Checks for which a machine need not change: of the package, and of what discovery makes of what it reads. */
const faithful: readonly number[] = [1, 2, 3, 4, 5, 7, 9, 16];
/** Those that lead discovery astray: what it then asks, nobody asked while the machine was recorded. */
const astray: readonly number[] = [12, 13];

/**
 * Runs the kit on recordings, level `replay`. What needs a machine that changes is not shown; so is what needs a
 * machine beside the recorded one.
 */
export async function replayConformance<Config>({
  driver,
  packageJson,
  recordings,
}: ReplaySubject<Config>): Promise<ConformanceReport> {
  const fixtures = (unrecorded: 'fail' | 'absent') =>
    Object.entries(recordings).map(([name, recording]) => replayFixture(name, recording, unrecorded));
  const run = (checks: readonly number[], unrecorded: 'fail' | 'absent') =>
    runConformance({ driver, packageJson, checks, fixtures: fixtures(unrecorded) }, { level: 'replay' });
  const report = await run(faithful, 'fail');
  const more = await run(astray, 'absent');
  const notShown = Object.keys(recordings).flatMap((name) => untried(name));
  // Without a valid manifest each run is that one failure.
  const isRefused = report.results.length === 1 && report.results[0]?.outcome === 'failed';
  if (isRefused) return report;
  return {
    ...report,
    results: [...report.results, ...more.results, ...notShown].sort((a, b) => a.id - b.id),
  };
}

function replayFixture(
  name: string,
  recording: Recording,
  unrecorded: 'fail' | 'absent',
): ConformanceFixture {
  const machine = replayMachine(recording, { unrecorded });
  return {
    name,
    config: recording.config,
    devices: recording.devices,
    // A recording cannot be changed, so its state is always the same and one machine does for all trials.
    stage: async () => ({ machine, state: async () => new Map(), dispose: async () => {} }),
  };
}

function untried(fixture: string): CheckResult[] {
  return conformanceChecks
    .filter(({ id, scope }) => scope === 'fixture' && ![...faithful, ...astray].includes(id))
    .map(({ id, name, why }) => ({
      id,
      name,
      fixture,
      outcome: 'not-shown',
      reason: 'a recording does not change, and is of one machine; level sim shows it',
      findings: [],
      why,
      evidence: { trials: 0, expectations: 0, failures: 0 },
    }));
}

/** The numbers of the checks that level `replay` shows. */
export const replayChecks: readonly number[] = [...faithful, ...astray];
