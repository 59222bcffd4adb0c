import {
  type CheckResult,
  type ConformanceLevel,
  type ConformanceReport,
  levelOf,
  levelsOf,
} from '../conformance-report.ts';

/** What a report says of one machine at one level. */
interface MachineResults {
  /** The machine's name, with its level where the report has several. */
  readonly title: string;
  readonly level: ConformanceLevel;
  readonly results: readonly CheckResult[];
}

/** The results of a report by the machine that they are of, in their order. */
export function byMachine(report: ConformanceReport): readonly MachineResults[] {
  const groups = new Map<string, MachineResults>();
  for (const result of report.results) {
    const title = machineTitle(report, result);
    const { results } = groups.get(title) ?? { results: [] };
    groups.set(title, { title, level: levelOf(report, result), results: [...results, result] });
  }
  return [...groups.values()];
}

/** What the machine of a result is called. */
export function machineTitle(report: ConformanceReport, result: CheckResult): string {
  const name = result.fixture ?? 'the package';
  return levelsOf(report).length > 1 ? `${name}, level ${levelOf(report, result)}` : name;
}
