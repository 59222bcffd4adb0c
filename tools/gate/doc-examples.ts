// Type-checks the examples in documentation. Alone: node tools/gate/doc-examples.ts
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { codeExamplesOf, type DocExample, markdownExamples } from './example-sources.ts';
import { entryPoints, readExportsList } from './exports-list.ts';
import { type Finding, reportFindings, wall } from './finding.ts';
import { readSourceTree, type SourceTree } from './source-tree.ts';

const pages = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md', 'bench/*.md'];

/** Every example of a repository: fenced `ts` blocks of its pages, and `@example` in doc comments. */
export function collectExamples(tree: SourceTree): DocExample[] {
  const fromPages = globSync(pages, { cwd: tree.root, exclude: ['docs/reference/**'] })
    .sort()
    .flatMap((path) => markdownExamples(path, readFileSync(join(tree.root, path), 'utf8')));
  const exports = readExportsList(tree.root);
  const sources = tree.files.filter(({ path, isTest }) => /^packages\/[^/]+\/src\//.test(path) && !isTest);
  return [...fromPages, ...sources.flatMap((file) => codeExamplesOf(tree, file, exports))];
}

/** What the compiler says of each example, at its place in the page or comment. */
export function checkExamples(tree: SourceTree, examples: readonly DocExample[]): Finding[] {
  const files = new Map(examples.map((example, index) => [virtualPath(tree, example, index), example]));
  const options = compilerOptions(tree);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => codeOf(files.get(path)) ?? readFile(path);
  host.getSourceFile = (path, settings, ...rest) => {
    const code = codeOf(files.get(path));
    return code === undefined
      ? getSourceFile(path, settings, ...rest)
      : ts.createSourceFile(path, code, settings, true);
  };
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  return [...files].flatMap(([path, example]) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const mayBeFragment = example.path.endsWith('.ts');
    return found
      .filter(({ code }) => !(mayBeFragment && freeName.has(code)))
      .map((diagnostic) => asFinding(example, diagnostic));
  });
}

/** Cannot find a name. An example in a doc comment may leave to the reader what it is called on. */
const freeName = new Set([2304, 18004]);

/** Line 1 of the checked text is the prelude. */
function codeOf(example: DocExample | undefined): string | undefined {
  return example && `export {}; ${example.prelude}\n${example.code}`;
}

/** Where an example pretends to lie: in its package, so that it sees what the package depends on. */
function virtualPath(tree: SourceTree, example: DocExample, index: number): string {
  const directory = /^(packages|examples)\/[^/]+/.exec(example.path)?.[0] ?? 'packages/service';
  const folder = example.path.endsWith('.ts') ? example.path.replace(/\/[^/]*$/, '') : directory;
  return join(tree.root, folder, `doc-example-${index}.ts`);
}

function compilerOptions(tree: SourceTree): ts.CompilerOptions {
  const file = join(tree.root, 'tsconfig.json');
  const json: unknown = existsSync(file) ? ts.readConfigFile(file, ts.sys.readFile).config : {};
  const { options } = ts.parseJsonConfigFileContent(json, ts.sys, tree.root);
  const paths = Object.fromEntries(entryPoints(tree).map(({ name, file: source }) => [name, [source]]));
  const lenient = { noUnusedLocals: false, noUnusedParameters: false };
  return { ...options, ...lenient, noEmit: true, allowImportingTsExtensions: true, paths };
}

function asFinding(example: DocExample, diagnostic: ts.Diagnostic): Finding {
  const inCode = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 1;
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  return wall(example.path, example.line + inCode - 1, `example does not compile: ${text}`);
}

if (import.meta.main) {
  const tree = readSourceTree();
  const examples = collectExamples(tree);
  console.log(`${examples.length} examples`);
  process.exitCode = reportFindings(checkExamples(tree, examples));
}
