import { readFileSync } from 'node:fs';

/** Some commands of a guide, and what they are said to print. */
export interface GuideStep {
  /** Heading that they stand under, and the line. */
  readonly place: string;
  readonly script: string;
  /** Lines, `…` for anything; undefined where the guide does not say. */
  readonly printed: string | undefined;
}

/** The steps of one section (`## title`) of a guide: every block of `sh`, with the block of `text` that follows it. */
export function readGuide(file: string, title: string): GuideStep[] {
  const text = readFileSync(file, 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`${file} has no section "${title}"`);
  const steps: GuideStep[] = [];
  let heading = title;
  for (const match of section.matchAll(/^### ([^\n]*)$|^```(\w+)\n(.*?)^```$/gms)) {
    const [, subtitle, language, body = ''] = match;
    if (subtitle !== undefined) heading = subtitle;
    const last = steps.at(-1);
    if (language === 'sh')
      steps.push({ place: `${heading}: ${body.split('\n')[0]}`, script: body, printed: undefined });
    if (language === 'text' && last !== undefined) steps[steps.length - 1] = { ...last, printed: body };
  }
  return steps;
}

/** A pattern for a printed text: `…` alone on a line is any lines, elsewhere anything within one; blanks are alike. */
export function patternOf(printed: string): RegExp {
  const lines = printed.trimEnd().split('\n');
  return new RegExp(
    `^${lines.map((line) => (line === '…' ? '(?:.*\\n)*?' : ` *${lineOf(line)}\\n`)).join('')}$`,
  );
}

const lineOf = (line: string): string =>
  line
    .split('…')
    .map((part) => escaped(part.trim()).replace(/ +/g, ' +'))
    .join('.*');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
