import { type CheckResult, type ConformanceReport, levelOf, levelsOf } from '../conformance-report.ts';

/**
 * One report of runs at several levels on the same driver. Its own level is the weakest of them, so that who looks at
 * that alone is told too little rather than too much; each result that is of another level says so. What one level
 * could not show and another did is left out, and a check of the package alone is there once.
 */
export function joinReports(
  reports: readonly [ConformanceReport, ...ConformanceReport[]],
): ConformanceReport {
  const [first] = reports;
  const level = levelsOf({ ...first, results: reports.flatMap(levelled) })[0] ?? first.level;
  const shown = new Set(reports.flatMap(({ results }) => results.filter(isShown).map(({ id }) => id)));
  const machines = reports.flatMap(levelled).filter(({ fixture }) => fixture !== null);
  const results = [
    ...packageResults(reports),
    ...machines.filter((result) => isShown(result) || !shown.has(result.id) || isNotApplicable(result)),
  ];
  return {
    ...first,
    level,
    devices: reports.flatMap(({ devices }) => devices),
    results: results.map(({ level: own, ...result }) => (own === level ? result : { ...result, level: own })),
  };
}

type Levelled = CheckResult & Required<Pick<CheckResult, 'level'>>;

const levelled = (report: ConformanceReport): Levelled[] =>
  report.results.map((result) => ({ ...result, level: levelOf(report, result) }));

const isNotApplicable = ({ outcome }: CheckResult): boolean => outcome === 'not-applicable';
const isShown = ({ outcome }: CheckResult): boolean => outcome === 'passed' || outcome === 'failed';

/** Of each check of the package the first that failed, else the first that was shown, else the first. */
function packageResults(reports: readonly ConformanceReport[]): Levelled[] {
  const all = reports.flatMap(levelled).filter(({ fixture }) => fixture === null);
  return [...new Set(all.map(({ id }) => id))].flatMap((id) => {
    const same = all.filter((result) => result.id === id);
    return same.find(({ outcome }) => outcome === 'failed') ?? same.find(isShown) ?? same[0] ?? [];
  });
}
