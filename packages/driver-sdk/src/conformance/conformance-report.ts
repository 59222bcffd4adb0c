import { z } from 'zod';

/** Version of the kit: rises when a check is added or asks for more. */
export const conformanceKitVersion = '1.3.0';

/**
 * On what the machines were based: `replay`, a recording, which answers and does not change; `sim`, a simulated
 * kernel, which does what it is told; `hardware`, a real card in a real machine.
 */
export const ConformanceLevel = z.enum(['replay', 'sim', 'hardware']);
export type ConformanceLevel = z.output<typeof ConformanceLevel>;

/**
 * How one check ended on one fixture. `not-shown`: it could not be tried here, for the reason given; it is never
 * counted as passed. `not-applicable`: there is nothing in the driver that it is about, as for a driver without
 * `program`; the reason says what.
 */
export const CheckOutcome = z.enum(['passed', 'failed', 'not-shown', 'not-applicable']);
export type CheckOutcome = z.output<typeof CheckOutcome>;

/** What was tried, in numbers. */
export const CheckEvidence = z.object({
  /** Fresh machines on which the driver was run. */
  trials: z.int().nonnegative(),
  /** Single expectations. */
  expectations: z.int().nonnegative(),
  failures: z.int().nonnegative(),
});
export type CheckEvidence = Readonly<z.output<typeof CheckEvidence>>;

/** One check on one fixture. */
export const CheckResult = z.object({
  /** Number of the check; never given to another one. */
  id: z.int().positive(),
  name: z.string(),
  /** The machine it was tried on; null for checks of the package alone. */
  fixture: z.string().nullable(),
  /** Where it is not the level of the report, as of a run that tried several. */
  level: ConformanceLevel.optional(),
  outcome: CheckOutcome,
  /** What the driver did, what was expected and why that matters; empty when it passed. */
  reason: z.string(),
  /** The first failed expectations, each what the driver did and what was expected. */
  findings: z.array(z.string()).readonly(),
  /** What goes wrong for users where the check does not hold. */
  why: z.string(),
  evidence: CheckEvidence,
});
export type CheckResult = Readonly<z.output<typeof CheckResult>>;

/** A real device that a driver was shown on. */
export const TestedDevice = z.object({
  vendor: z.string(),
  model: z.string(),
  firmware: z.record(z.string(), z.string()),
});
export type TestedDevice = Readonly<z.output<typeof TestedDevice>>;

/** What a run of the kit says of a driver; plain data, ready to be shipped with the package. */
export interface ConformanceReport {
  readonly kit: string;
  readonly driver: { readonly id: string; readonly package: string; readonly version: string };
  /** The level of its results but those that name their own; then it is the weakest. */
  readonly level: ConformanceLevel;
  /** The devices that it was shown on, at level `hardware`; elsewhere there are none. */
  readonly devices: readonly TestedDevice[];
  readonly results: readonly CheckResult[];
}

/** The results that failed. */
export function failedChecks(report: ConformanceReport): CheckResult[] {
  return report.results.filter(({ outcome }) => outcome === 'failed');
}

/** The level that a result of a report was shown at. */
export const levelOf = (report: Pick<ConformanceReport, 'level'>, result: CheckResult): ConformanceLevel =>
  result.level ?? report.level;

/** The levels of a report's results, the weakest first; at least its own. */
export function levelsOf(report: Pick<ConformanceReport, 'level' | 'results'>): ConformanceLevel[] {
  const found = new Set(report.results.map((result) => levelOf(report, result)));
  const levels = ConformanceLevel.options.filter((level) => found.has(level));
  return levels.length === 0 ? [report.level] : levels;
}
