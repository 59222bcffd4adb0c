// Links between the documents. Alone: node tools/gate/links.ts
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Finding, reportFindings, wall } from './finding.ts';
import { repositoryRoot } from './source-tree.ts';

const skipped = ['node_modules', 'dist', '.tmp', 'docs/reference', '.git'];

/** Relative links in Markdown that lead nowhere. Addresses elsewhere are not visited. */
export function checkLinks(root: string): Finding[] {
  const exclude = (path: string) => skipped.some((part) => path === part || path.endsWith(`/${part}`));
  return globSync('**/*.md', { cwd: root, exclude }).flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        targetsIn(line)
          .filter((target) => !existsSync(resolve(root, dirname(path), target)))
          .map((target) =>
            wall(path, index + 1, `the link to ${target} leads nowhere; correct or remove it`),
          ),
      ),
  );
}

/** Files and directories that a line links to, without their fragment. */
function targetsIn(line: string): string[] {
  return [...line.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

if (import.meta.main) process.exitCode = reportFindings(checkLinks(repositoryRoot));
