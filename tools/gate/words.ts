// Words that may not stand anywhere in the repository. Alone: node tools/gate/words.ts
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, reportFindings, wall } from './finding.ts';
import { repositoryRoot } from './source-tree.ts';

interface WordLaw {
  readonly pattern: RegExp;
  readonly reason: string;
  /** Files it does not hold for. */
  readonly except?: RegExp;
  /** Files it holds for; all when undefined. */
  readonly only?: RegExp;
}

// The patterns are written so that they do not find themselves.
const laws: readonly WordLaw[] = [
  { pattern: /\b(TO[D]O|FIX[M]E|X[X]X)\b/, reason: 'do it, or say in the documentation that it is open' },
  {
    pattern: /\b(describe|it|test)[.](only|skip)\(/,
    reason: 'tests are run, or depend on a condition in skipIf',
  },
  { pattern: /@ts-(ignor[e]|nochec[k])/, reason: 'give it its type' },
  {
    pattern: /regist[r]y\.npmjs|npm\.pkg\.gith[u]b|artifacto[r]y|verdacci[o]/i,
    reason: 'names a package registry',
  },
  { pattern: /(?<![\w.])\/(work|home\/[a-z]+|Users)\//, reason: 'is a path of somebody’s machine' },
  {
    pattern: /process\.en[v]\b/,
    reason: 'only config.ts and main.ts of the service read its environment; pass the value in',
    only: /^packages\/service\/src\/(?!config\.ts|main\.ts).*(?<!\.test)\.ts$/,
  },
  {
    pattern: /\b(Date\.now\(\)|new Date\(\)|Math\.rando[m]\(\)|randomUU[I]D\(\))/,
    reason: 'time and randomness come in from outside',
    only: /^packages\/(core\/src|service\/src\/(agent|bus|conductor|store|api))\/(?!(.*\/)?test-)[\w/-]+\.ts$/,
  },
];

/** Breaches of the laws in one text file. */
export function checkWords(path: string, text: string): Finding[] {
  const inForce = laws.filter(({ except, only }) => !except?.test(path) && (only?.test(path) ?? true));
  return text.split('\n').flatMap((line, index) =>
    inForce.flatMap(({ pattern, reason }) => {
      const match = pattern.exec(line);
      return match ? [wall(path, index + 1, `"${match[0]}": ${reason}`)] : [];
    }),
  );
}

/** All text files that git knows or would add, but the lockfile. */
export function checkWordsEverywhere(root: string = repositoryRoot): Finding[] {
  return trackedFiles(root)
    .filter((path) => path !== '' && path !== 'pnpm-lock.yaml')
    .flatMap((path) => checkWords(path, readText(join(root, path))));
}

/** What git lists; where there is no git (an unpacked archive), the sources of the usual places. */
function trackedFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).split('\0');
  } catch {
    return globSync('{*.*,{packages,tools,bench,examples,docs}/**/*.*}', { cwd: root, exclude: isMade });
  }
}

const isMade = (name: string): boolean => /^(node_modules|dist|reference|\.tmp)$/.test(name);

/** A file's text; empty when it is binary or was removed. */
function readText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    return text.includes('\0') ? '' : text;
  } catch {
    return '';
  }
}

if (import.meta.main) process.exitCode = reportFindings(checkWordsEverywhere());
