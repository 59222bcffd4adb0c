import type { CheckOutcome, ConformanceReport } from '../conformance-report.ts';

/** How many results of a report ended so. */
export function countOutcomes(report: ConformanceReport, outcome: CheckOutcome): number {
  return report.results.filter((result) => result.outcome === outcome).length;
}

/** A report in one line: `acme-driver 1.0.0, kit 1.0.0, level sim: 28 passed, 1 failed, 2 not shown`. */
export function summaryLine(report: ConformanceReport): string {
  const { driver, kit, level } = report;
  const notApplicable = countOutcomes(report, 'not-applicable');
  const counts = [
    `${countOutcomes(report, 'passed')} passed`,
    `${countOutcomes(report, 'failed')} failed`,
    `${countOutcomes(report, 'not-shown')} not shown`,
    ...(notApplicable === 0 ? [] : [`${notApplicable} not applicable`]),
  ];
  return `${driver.package} ${driver.version}, kit ${kit}, level ${level}: ${counts.join(', ')}`;
}
