import { posix } from 'node:path';
import ts from 'typescript';
import { lineOf, type SourceFile } from './source-tree.ts';

/** One import or re-export of a file. */
export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
  /** Gone after type stripping. */
  readonly isTypeOnly: boolean;
  /** The file of ours it leads to when it is relative: `packages/core/src/uuid.ts`. */
  readonly target: string | undefined;
}

/** Everything that a file imports: static, re-exported and `import('…')`. */
export function importsOf(file: SourceFile): SourceImport[] {
  const found: SourceImport[] = [];
  const add = (specifier: ts.Node, isTypeOnly: boolean) => {
    if (!ts.isStringLiteral(specifier)) return;
    const text = specifier.text;
    const target = text.startsWith('.') ? posix.join(posix.dirname(file.path), text) : undefined;
    found.push({ specifier: text, line: lineOf(file, specifier.getStart()), isTypeOnly, target });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      add(node.moduleSpecifier, isTypeOnlyExport(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const specifier = node.arguments[0];
      if (specifier) add(specifier, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return found;
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isTypeOnlyExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true;
  const clause = node.exportClause;
  return (
    clause !== undefined &&
    ts.isNamedExports(clause) &&
    clause.elements.every((element) => element.isTypeOnly)
  );
}
