import type { CheckOutcome } from '../conformance-report.ts';
import type { ConformanceRecord } from './conformance-record.ts';

/** How many results of a record ended so. */
export function countOutcomes(record: ConformanceRecord, outcome: CheckOutcome): number {
  return record.results.filter((result) => result.outcome === outcome).length;
}

/** A record in one line: `acme-driver 1.0.0, kit 1.0.0, level sim: 28 passed, 1 failed, 2 not shown`. */
export function summaryLine(record: ConformanceRecord): string {
  const { driver, kit, level } = record;
  const counts = [
    `${countOutcomes(record, 'passed')} passed`,
    `${countOutcomes(record, 'failed')} failed`,
    `${countOutcomes(record, 'not-shown')} not shown`,
  ];
  return `${driver.package} ${driver.version}, kit ${kit}, level ${level}: ${counts.join(', ')}`;
}
