import { styleText } from 'node:util';
import type { CheckResult, ConformanceReport } from '../conformance-report.ts';
import { byMachine } from './by-machine.ts';
import { countOutcomes, summaryLine } from './summary-line.ts';

interface TerminalOptions {
  readonly color: boolean;
  /** Columns, for folding; default 100. */
  readonly width?: number;
}

type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string;

/**
 * A report for a terminal: a line for each machine with what passed there, then each failure with what the driver
 * did, what was expected and why it matters; the summary comes last, where the eye is.
 */
export function renderTerminal(report: ConformanceReport, { color, width = 100 }: TerminalOptions): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const lines = byMachine(report).flatMap(({ title, results }) => [
    paint('bold', title),
    ...results.flatMap((result) => renderResult(result, paint, width)),
    '',
  ]);
  const verdict = countOutcomes(report, 'failed') === 0 ? 'green' : 'red';
  return [...lines, paint(verdict, summaryLine(report)), ''].join('\n');
}

function renderResult(result: CheckResult, paint: Paint, width: number): string[] {
  const label = `${String(result.id).padStart(4)} ${result.name}`;
  if (result.outcome === 'passed') return [`  ${paint('green', 'passed   ')} ${label}`];
  if (result.outcome === 'not-shown')
    return [`  ${paint('yellow', 'not shown')} ${label}`, ...fold(result.reason, 17, width)];
  if (result.outcome === 'not-applicable')
    return [`  ${paint('dim', 'n/a      ')} ${label}: ${line(result.reason)}`];
  const { findings, evidence, why } = result;
  const more = evidence.failures - findings.length;
  return [
    `  ${paint('red', 'failed   ')} ${label}: ${evidence.failures} of ${evidence.expectations} expectations`,
    ...findings.flatMap((finding, index) => fold(`${index + 1}. ${finding}`, 17, width)),
    ...(more > 0 ? fold(`and ${more} more`, 17, width) : []),
    ...fold(`Why it matters: ${why}`, 17, width).map((text) => paint('dim', text)),
  ];
}

/** One line; control characters are shown as spaces, not sent. */
const line = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ');

/** A text broken at spaces, each line indented. Control characters are shown, not sent. */
function fold(text: string, indent: number, width: number): string[] {
  const words = line(text).split(' ');
  const lines: string[] = [];
  let current = '';
  for (const word of words) {
    if (current !== '' && indent + current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current].map((line) => ' '.repeat(indent) + line);
}
