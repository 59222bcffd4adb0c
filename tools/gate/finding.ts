import { relative } from 'node:path';

/** Something a checker found. A `wall` fails the gate; a `warning` is listed. */
export interface Finding {
  readonly severity: 'wall' | 'warning';
  /** From the root of the repository. */
  readonly path: string;
  /** From 1; undefined where it concerns the whole file. */
  readonly line?: number;
  /** What is wrong, and the way out. */
  readonly text: string;
}

/** A finding that fails the gate. */
export function wall(path: string, line: number | undefined, text: string): Finding {
  return { severity: 'wall', path, text, ...(line === undefined ? {} : { line }) };
}

/** A finding that is only listed. */
export function warning(path: string, line: number | undefined, text: string): Finding {
  return { ...wall(path, line, text), severity: 'warning' };
}

/** Prints findings, walls last so that they are seen. Resolves to the exit status: 1 when there is a wall. */
export function reportFindings(findings: readonly Finding[]): number {
  const order = [...findings].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  for (const { severity, path, line, text } of order) {
    console.log(
      `${severity === 'wall' ? 'FAIL' : 'warn'} ${path}${line === undefined ? '' : `:${line}`}  ${text}`,
    );
  }
  return findings.some(({ severity }) => severity === 'wall') ? 1 : 0;
}

/** A path for messages: from the root, with forward slashes. */
export function pathFrom(root: string, path: string): string {
  return relative(root, path).replaceAll('\\', '/');
}

const rank = (finding: Finding): number => (finding.severity === 'warning' ? 0 : 1);
