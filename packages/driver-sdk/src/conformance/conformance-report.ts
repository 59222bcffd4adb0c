/** Version of the kit: rises when a check is added or asks for more. */
export const conformanceKitVersion = '1.0.0';

/**
 * How one check ended on one fixture. `not-shown`: it could not be tried here, for the reason given; it is never
 * counted as passed.
 */
export type CheckOutcome = 'passed' | 'failed' | 'not-shown';

export interface CheckResult {
  /** Number of the check; never given to another one. */
  readonly id: number;
  readonly name: string;
  /** The machine it was tried on; null for checks of the package alone. */
  readonly fixture: string | null;
  readonly outcome: CheckOutcome;
  /** What the driver did, what was expected and why that matters; empty when it passed. */
  readonly reason: string;
  /** What was tried, in numbers. */
  readonly evidence: CheckEvidence;
}

export interface CheckEvidence {
  /** Fresh machines on which the driver was run. */
  readonly trials: number;
  /** Single expectations. */
  readonly expectations: number;
  readonly failures: number;
}

/** What a run of the kit says of a driver; plain data, ready to be shipped with the package. */
export interface ConformanceReport {
  readonly kit: string;
  readonly driver: { readonly id: string; readonly package: string; readonly version: string };
  /** On what the machines were based: a simulated kernel. */
  readonly level: 'sim';
  readonly results: readonly CheckResult[];
}

/** The results that failed. */
export function failedChecks(report: ConformanceReport): CheckResult[] {
  return report.results.filter(({ outcome }) => outcome === 'failed');
}
