// Default exports, and where they belong. Alone: node tools/gate/default-exports.ts
import { posix } from 'node:path';
import ts from 'typescript';
import { type Finding, reportFindings, wall } from './finding.ts';
import { lineOf, readSourceTree, type SourceTree } from './source-tree.ts';

/** Default exports outside the configuration of tools and the entry modules of drivers. */
export function checkDefaultExports(tree: SourceTree): Finding[] {
  const entries = driverEntries(tree);
  return (
    tree.files
      // Tests bring drivers of their own, which are none of a package's entry points.
      .filter(({ path, isTest }) => !/\.config\.ts$/.test(path) && !entries.has(path) && !isTest)
      .flatMap((file) =>
        file.ast.statements.filter(isDefaultExport).map((node) => {
          const text =
            'default export; export it by its name (only drivers and tool configuration export a default)';
          return wall(file.path, lineOf(file, node.getStart()), text);
        }),
      )
  );
}

/** The modules that `cyborgDriver.entry` of a package leads to, by its exports. */
function driverEntries(tree: SourceTree): Set<string> {
  const entries = new Set<string>();
  for (const [directory, { cyborgDriver, exports }] of tree.packages) {
    const target = exports?.[cyborgDriver?.entry ?? ''];
    const source =
      typeof target === 'string' ? target : (target as Record<string, string> | undefined)?.['cyborg-source'];
    if (source !== undefined) entries.add(posix.join(directory, source));
  }
  return entries;
}

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)) {
    return node.exportClause.elements.some((element) => element.name.text === 'default');
  }
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

if (import.meta.main) process.exitCode = reportFindings(checkDefaultExports(readSourceTree()));
