import type { CheckOutcome, ConformanceReport } from './conformance-report.ts';

const signs: Readonly<Record<CheckOutcome, string>> = {
  passed: 'passed',
  failed: '**failed**',
  'not-shown': 'not shown',
};

/** A report as a Markdown table, for the README of a driver and for people who look at a failure. */
export function renderReport({ kit, driver, level, results }: ConformanceReport): string {
  const count = (outcome: CheckOutcome): number =>
    results.filter((result) => result.outcome === outcome).length;
  const rows = results.map(
    ({ id, name, fixture, outcome, reason, evidence }) =>
      `| ${id} | ${name} | ${fixture ?? ''} | ${signs[outcome]} | ${evidence.trials} | ${cell(reason)} |`,
  );
  return [
    `${driver.package} ${driver.version}, conformance kit ${kit}, level ${level}: ` +
      `${count('passed')} passed, ${count('failed')} failed, ${count('not-shown')} not shown.`,
    '',
    '| # | check | on | outcome | trials | reason |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
