import { type CheckOutcome, type ConformanceReport, levelOf, levelsOf } from '../conformance-report.ts';

/** How many results of a report ended so. */
export function countOutcomes(report: ConformanceReport, outcome: CheckOutcome): number {
  return report.results.filter((result) => result.outcome === outcome).length;
}

/**
 * A report in one line: `acme-driver 1.0.0, kit 1.0.0, level sim: 28 passed, 1 failed, 2 not shown`, and so for each
 * level where there are several.
 */
export function summaryLine(report: ConformanceReport): string {
  const { driver, kit } = report;
  const levels = levelsOf(report).map((level) => {
    const results = report.results.filter((result) => levelOf(report, result) === level);
    return `level ${level}: ${countsOf({ ...report, results })}`;
  });
  return `${driver.package} ${driver.version}, kit ${kit}, ${levels.join('; ')}`;
}

function countsOf(report: ConformanceReport): string {
  const notApplicable = countOutcomes(report, 'not-applicable');
  return [
    `${countOutcomes(report, 'passed')} passed`,
    `${countOutcomes(report, 'failed')} failed`,
    `${countOutcomes(report, 'not-shown')} not shown`,
    ...(notApplicable === 0 ? [] : [`${notApplicable} not applicable`]),
  ].join(', ');
}
