import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readSourceTree, type SourceTree } from './source-tree.ts';

/** A repository with just these files, by path, for the time of a test. */
export function plantTree(files: Readonly<Record<string, string>>): SourceTree {
  const root = mkdtempSync(join(tmpdir(), 'cyborg-gate-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readSourceTree(root);
}

/** A package.json of ours. */
export function aManifest(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ name: `@cyborgjs/${name}`, type: 'module', ...more });
}

/** `path:line text` of each finding, for short expectations. */
export function lines(findings: readonly { path: string; line?: number; text: string }[]): string[] {
  return findings.map(({ path, line, text }) => `${path}${line === undefined ? '' : `:${line}`} ${text}`);
}
