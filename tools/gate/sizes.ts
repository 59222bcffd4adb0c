// How long files and functions may be. Alone: node tools/gate/sizes.ts
import ts from 'typescript';
import { type Finding, reportFindings, wall, warning } from './finding.ts';
import { lineOf, readSourceTree, type SourceFile, type SourceTree } from './source-tree.ts';

const fileLines = { warn: 300, wall: 500 };
const functionLines = { warn: 40, wall: 60 };
const mostParameters = 3;

/** Files and functions that are too long, and functions that want too much. */
export function checkSizes(tree: SourceTree): Finding[] {
  return tree.files.flatMap((file) => [
    ...judge(file, undefined, { what: 'file', lines: lineCount(file.text), limits: fileLines }),
    // In tests a describe block is one long function; what counts there is the length of the file.
    ...(file.isTest ? [] : functionsOf(file).flatMap((node) => checkFunction(file, node))),
  ]);
}

function checkFunction(file: SourceFile, node: ts.SignatureDeclaration): Finding[] {
  const line = lineOf(file, node.getStart());
  const lines = lineOf(file, node.end) - line + 1;
  const parameters = node.parameters.filter((parameter) => parameter.name.getText() !== 'this').length;
  const sizes = judge(file, line, { what: `function ${nameOf(node)}`, lines, limits: functionLines });
  if (parameters <= mostParameters) return sizes;
  const text = `function ${nameOf(node)} has ${parameters} parameters; from ${mostParameters + 1} on take an object`;
  return [...sizes, wall(file.path, line, text)];
}

interface Size {
  readonly what: string;
  readonly lines: number;
  readonly limits: { readonly warn: number; readonly wall: number };
}

function judge(file: SourceFile, line: number | undefined, { what, lines, limits }: Size): Finding[] {
  if (lines > limits.wall)
    return [wall(file.path, line, `${what} has ${lines} lines; the wall is ${limits.wall}`)];
  if (lines > limits.warn)
    return [warning(file.path, line, `${what} has ${lines} lines (${limits.warn} is a warning)`)];
  return [];
}

function functionsOf(file: SourceFile): ts.SignatureDeclaration[] {
  const found: ts.SignatureDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return '(unnamed)';
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

if (import.meta.main) process.exitCode = reportFindings(checkSizes(readSourceTree()));
