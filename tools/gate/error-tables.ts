// Error codes: each thrown, tested and documented. Alone: node tools/gate/error-tables.ts [--write]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { type Finding, reportFindings, wall } from './finding.ts';
import { readSourceTree, repositoryRoot, type SourceFile, type SourceTree } from './source-tree.ts';

/** One file named `…error-table.ts`, and the table it exports. */
export interface ErrorTable {
  /** The file: `packages/core/src/error-table.ts`. */
  readonly path: string;
  /** Name of the package. */
  readonly packageName: string;
  readonly entries: Readonly<Record<string, { readonly kind: string; readonly text: string }>>;
}

const page = 'docs/errors.md';

/** Tables of codes that mostly come from a server and are passed on: they are documented, not thrown here. */
const passedOn = new Set(['packages/placement-client/src/placement-error-table.ts']);

/** Reads all error tables, by running the files that hold them. */
export async function readErrorTables(tree: SourceTree): Promise<ErrorTable[]> {
  const files = tree.files.filter(({ path, isTest }) => path.endsWith('error-table.ts') && !isTest);
  const tables = files.map(async ({ path, packageDirectory }): Promise<ErrorTable> => {
    const module: Record<string, unknown> = await import(pathToFileURL(join(tree.root, path)).href);
    const table = Object.entries(module).find(([name]) => /errorTable$/i.test(name))?.[1];
    return {
      path,
      packageName: tree.packages.get(packageDirectory ?? '')?.name ?? path,
      entries: (table ?? {}) as ErrorTable['entries'],
    };
  });
  return await Promise.all(tables);
}

/** Codes that no source throws or no test mentions. */
export function checkErrorCodes(tree: SourceTree, tables: readonly ErrorTable[]): Finding[] {
  const literals = tree.files
    .filter(({ path }) => path.startsWith('packages/') && !tables.some((table) => table.path === path))
    .map((file) => ({ isTest: file.isTest, texts: stringsOf(file) }));
  const isIn = (code: string, isTest: boolean) =>
    literals.some((file) => file.isTest === isTest && file.texts.has(code));
  const ours = tables.filter(({ path }) => !passedOn.has(path));
  return ours.flatMap(({ path, entries }) =>
    Object.keys(entries).flatMap((code) => [
      ...(isIn(code, false)
        ? []
        : [wall(path, undefined, `nothing throws '${code}'; throw it or remove it`)]),
      ...(isIn(code, true)
        ? []
        : [wall(path, undefined, `no test mentions '${code}'; test when it is thrown`)]),
    ]),
  );
}

/** The page that documents all codes. */
export function errorPage(tables: readonly ErrorTable[]): string {
  const sections = tables.map(({ packageName, entries }) => {
    const rows = Object.entries(entries).map(
      ([code, { kind, text }]) => `| \`${code}\` | ${kind} | ${escapeCell(text)} |`,
    );
    return [`## ${packageName}`, '', '| code | kind | when, and what helps |', '|---|---|---|', ...rows].join(
      '\n',
    );
  });
  return `# Errors

Made from the error tables by \`node tools/gate/error-tables.ts --write\`; do not edit.

Codes are for ever, messages may change: match on \`error.code\`. The kind says what a caller should do: \`invalid\`
mend the input, \`not-found\` look elsewhere, \`conflict\` wait for another or decide anew, \`forbidden\` ask for the
right, \`unavailable\` try again later, \`internal\` report it.

${sections.join('\n\n')}
`;
}

/** Whether the page is what the tables say. */
export function checkErrorPage(committed: string | undefined, tables: readonly ErrorTable[]): Finding[] {
  if (committed === errorPage(tables)) return [];
  return [wall(page, undefined, 'is not what the tables say; run node tools/gate/error-tables.ts --write')];
}

function stringsOf(file: SourceFile): Set<string> {
  const texts = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return texts;
}

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/</g, '&lt;');

if (import.meta.main) {
  const tree = readSourceTree();
  const tables = await readErrorTables(tree);
  const file = join(repositoryRoot, page);
  if (process.argv.includes('--write')) writeFileSync(file, errorPage(tables));
  const committed = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  process.exitCode = reportFindings([...checkErrorCodes(tree, tables), ...checkErrorPage(committed, tables)]);
}
