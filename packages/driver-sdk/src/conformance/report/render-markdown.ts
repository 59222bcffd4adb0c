import type { CheckOutcome, CheckResult } from '../conformance-report.ts';
import { machineTitle } from './by-machine.ts';
import type { ConformanceRecord } from './conformance-record.ts';
import { summaryLine } from './summary-line.ts';

const signs: Readonly<Record<CheckOutcome, string>> = {
  passed: 'passed',
  failed: '**failed**',
  'not-shown': 'not shown',
  'not-applicable': 'not applicable',
};

/** A record as a page for people: what failed first, and for each what happened and why it matters. */
export function renderMarkdown(record: ConformanceRecord): string {
  const failed = record.results.filter(({ outcome }) => outcome === 'failed');
  const notShown = record.results.filter(({ outcome }) => outcome === 'not-shown');
  const notApplicable = record.results.filter(({ outcome }) => outcome === 'not-applicable');
  const facts = Object.entries(record.machine).map(([name, value]) => `${name} ${value}`);
  return [
    `# Conformance of ${record.driver.package}`,
    '',
    `${summaryLine(record)}.`,
    '',
    ...record.devices.map(({ model, firmware }) => {
      const versions = Object.entries(firmware).map(([name, version]) => `${name} ${version}`);
      return `On ${line(model)}${versions.length === 0 ? '' : `, ${line(versions.join(', '))}`}.\n`;
    }),
    `Made ${record.madeAt}${facts.length === 0 ? '' : ` on ${facts.join(', ')}`}.`,
    ...section(
      'What failed',
      failed.flatMap((result, index) => [...(index === 0 ? [] : ['']), ...renderFailure(record, result)]),
    ),
    ...section(
      'What was not shown',
      notShown.map((result) => `- ${titleOf(record, result)}: ${line(result.reason)}`),
    ),
    ...section(
      'What does not apply',
      notApplicable.map((result) => `- ${titleOf(record, result)}: ${line(result.reason)}`),
    ),
    ...section('All checks', [
      '| # | check | on | outcome | trials |',
      '|---|---|---|---|---|',
      ...record.results.map((result) => {
        const { id, name, outcome, evidence } = result;
        const where = cell(machineTitle(record, result));
        return `| ${id} | ${name} | ${where} | ${signs[outcome]} | ${evidence.trials} |`;
      }),
    ]),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
}

function renderFailure(record: ConformanceRecord, result: CheckResult): string[] {
  const { findings, why, evidence } = result;
  const more = evidence.failures - findings.length;
  return [
    `### ${titleOf(record, result)}`,
    '',
    `${evidence.failures} of ${evidence.expectations} expectations failed:`,
    '',
    ...findings.map((finding) => `- ${line(finding)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    '',
    `Why it matters: ${why}`,
  ];
}

/** A check and its machine; the package alone goes without saying. */
function titleOf(record: ConformanceRecord, result: CheckResult): string {
  const check = `${result.id} ${result.name}`;
  return result.fixture === null ? check : `${check} on ${machineTitle(record, result)}`;
}

/** One line, without control characters and without anything that a browser would take for a tag. */
const line = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').replaceAll('<', '&lt;');
const cell = (text: string): string => line(text).replaceAll('|', '\\|');
