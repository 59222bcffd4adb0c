import { posix } from 'node:path';
import ts from 'typescript';
import type { ExportsList } from './exports-list.ts';
import { lineOf, type SourceFile, type SourceTree } from './source-tree.ts';

/** A piece of TypeScript out of documentation. */
export interface DocExample {
  /** The page or source file it stands in. */
  readonly path: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** Imports that the reader is left to add; empty for pages, whose examples must be whole. */
  readonly prelude: string;
}

/** The blocks fenced with `ts` in a page of Markdown; `ts no-check` is left out. */
export function markdownExamples(path: string, text: string): DocExample[] {
  const examples: DocExample[] = [];
  for (const match of text.matchAll(/^( *)```(?:ts|typescript)\n([\s\S]*?)^ *```$/gm)) {
    const [, indent = '', body = ''] = match;
    const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const line = text.slice(0, match.index).split('\n').length + 1;
    examples.push({ path, line, code, prelude: '' });
  }
  return examples;
}

/**
 * The `@example` tags in the doc comments of a file. They may use, without importing it, what their own file and
 * their package export, and zod's `z`.
 */
export function codeExamplesOf(tree: SourceTree, file: SourceFile, exports: ExportsList): DocExample[] {
  return exampleTagsOf(file.ast).map((tag) => {
    const code = unfence(ts.getTextOfJSDocComment(tag.comment) ?? '');
    const line = lineOf(file, tag.getStart()) + 1;
    return { path: file.path, line, code, prelude: preludeFor(code, { tree, file, exports }) };
  });
}

function exampleTagsOf(ast: ts.SourceFile): ts.JSDocTag[] {
  // A comment belongs to a statement and to what it declares: the set keeps each tag once.
  const tags = new Set<ts.JSDocTag>();
  const visit = (node: ts.Node): void => {
    for (const tag of ts
      .getJSDocCommentsAndTags(node)
      .flatMap((doc) => (ts.isJSDoc(doc) ? (doc.tags ?? []) : []))) {
      if (tag.tagName.text === 'example') tags.add(tag);
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return [...tags];
}

/** What stands between fences, or everything when there are none; an object literal alone is an expression. */
function unfence(text: string): string {
  const code = /```(?:ts|typescript)?\n([\s\S]*?)```/.exec(text)?.[1] ?? text;
  return code.startsWith('{') ? `(${code});` : code;
}

interface PreludeSources {
  readonly tree: SourceTree;
  readonly file: SourceFile;
  readonly exports: ExportsList;
}

function preludeFor(code: string, { tree, file, exports }: PreludeSources): string {
  const { used, declared } = namesIn(code);
  const wanted = new Set([...used].filter((name) => !declared.has(name)));
  const imports: string[] = [];
  const take = (from: string, offered: readonly string[]) => {
    const taken = offered.filter((item) => wanted.delete(item.replace('type ', '')));
    if (taken.length > 0) imports.push(`import { ${taken.join(', ')} } from '${from}';`);
  };
  take(`./${posix.basename(file.path)}`, exportsOf(file));
  const name = tree.packages.get(file.packageDirectory ?? '')?.name ?? '';
  for (const [entry, offered] of Object.entries(exports)) {
    if (entry === name || entry.startsWith(`${name}/`)) take(entry, offered);
  }
  if (wanted.has('z')) imports.push("import { z } from 'zod';");
  return imports.join(' ');
}

/** Names that a file exports where they are declared; types marked as in the list of exports. */
function exportsOf(file: SourceFile): string[] {
  return file.ast.statements.flatMap((node) => {
    const isExported =
      ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === exportKeyword);
    if (!isExported) return [];
    if (ts.isVariableStatement(node))
      return node.declarationList.declarations.map(({ name }) => name.getText());
    if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node))
      return node.name ? [node.name.text] : [];
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [`type ${node.name.text}`];
    return [];
  });
}

const exportKeyword = ts.SyntaxKind.ExportKeyword;

function namesIn(code: string): { used: Set<string>; declared: Set<string> } {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    if (isDeclaration(node) && node.name && ts.isIdentifier(node.name)) declared.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('example.ts', code, ts.ScriptTarget.ESNext, true));
  return { used, declared };
}

type Declaration = ts.VariableDeclaration | ts.FunctionDeclaration | ts.ImportSpecifier | ts.ImportClause;

function isDeclaration(node: ts.Node): node is Declaration {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node)
  );
}
