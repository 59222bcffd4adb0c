import type { CheckResult } from '../conformance-report.ts';
import { byMachine } from './by-machine.ts';
import type { ConformanceRecord } from './conformance-record.ts';

/** A record as JUnit XML: a suite per machine, a case per check, what was not shown as skipped. */
export function renderJunit(record: ConformanceRecord): string {
  const suites = byMachine(record).map((machine) => renderSuite(record, machine));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `${record.driver.package} ${record.driver.version}`, ...countsOf(record.results) })}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function renderSuite(
  record: ConformanceRecord,
  { title, level, results }: ReturnType<typeof byMachine>[number],
): string {
  const head = attributes({ name: title, timestamp: record.madeAt, ...countsOf(results) });
  const properties = Object.entries({ kit: record.kit, level, ...record.machine }).map(
    ([key, value]) => `      <property ${attributes({ name: key, value })}/>`,
  );
  return [
    `  <testsuite ${head}>`,
    '    <properties>',
    ...properties,
    '    </properties>',
    ...results.map((result) => renderCase(record.driver.package, result)),
    '  </testsuite>',
  ].join('\n');
}

function renderCase(classname: string, result: CheckResult): string {
  const head = attributes({ classname, name: `${result.id} ${result.name}` });
  if (result.outcome === 'passed') return `    <testcase ${head}/>`;
  const inner =
    result.outcome !== 'failed'
      ? `      <skipped ${attributes({ message: skipReason(result) })}/>`
      : `      <failure ${attributes({ message: result.findings[0] ?? result.reason })}>${escapeXml(result.reason)}</failure>`;
  return [`    <testcase ${head}>`, inner, '    </testcase>'].join('\n');
}

const skipReason = ({ outcome, reason }: CheckResult): string =>
  outcome === 'not-applicable' ? `not applicable: ${reason}` : reason;

function countsOf(results: readonly CheckResult[]): Readonly<Record<string, string>> {
  const count = (outcome: CheckResult['outcome']): string =>
    String(results.filter((result) => result.outcome === outcome).length);
  const skipped = Number(count('not-shown')) + Number(count('not-applicable'));
  return { tests: String(results.length), failures: count('failed'), skipped: String(skipped) };
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(value)}"`)
    .join(' ');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Characters that XML 1.0 does not have at all become `?`: drivers answer with whatever they read. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"\n]/g, (character) => entities[character] ?? character);
}
