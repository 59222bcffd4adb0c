// The names that every package exports. Alone: node tools/gate/exports-list.ts [--write]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { type Finding, reportFindings, wall } from './finding.ts';
import { type PackageManifest, readSourceTree, repositoryRoot, type SourceTree } from './source-tree.ts';

/** Exported names by entry point (`@cyborgjs/driver-sdk/host`); types are marked: `type Driver`. */
export type ExportsList = Readonly<Record<string, readonly string[]>>;

const listFile = 'tools/gate/exports.json';

/** The list as it was committed. */
export function readExportsList(root: string = repositoryRoot): ExportsList {
  const file = join(root, listFile);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ExportsList) : {};
}

/** The list as the sources are. Needs some seconds: it resolves every re-export. */
export function listExports(tree: SourceTree): ExportsList {
  const entries = entryPoints(tree).filter(({ file }) => existsSync(file));
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    customConditions: ['cyborg-source'],
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const program = ts.createProgram({ rootNames: entries.map(({ file }) => file), options });
  const checker = program.getTypeChecker();
  const lists = entries.map(({ name, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const names = module ? checker.getExportsOfModule(module).map((symbol) => describe(symbol, checker)) : [];
    return [name, names.sort(byName)] as const;
  });
  return Object.fromEntries(lists.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What differs between the committed list and the sources. */
export function compareExports(committed: ExportsList, actual: ExportsList): Finding[] {
  const names = new Set([...Object.keys(committed), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    const [before, now] = [new Set(committed[name]), new Set(actual[name])];
    const changes = [
      ...[...now].filter((item) => !before.has(item)).map((item) => `+ ${item}`),
      ...[...before].filter((item) => !now.has(item)).map((item) => `- ${item}`),
    ];
    if (changes.length === 0) return [];
    const text = `exports of ${name} changed: ${changes.join(', ')}; if it is meant: node tools/gate/exports-list.ts --write`;
    return [wall(listFile, undefined, text)];
  });
}

/** The public entry points of all packages. */
export function entryPoints(tree: SourceTree): { readonly name: string; readonly file: string }[] {
  return [...tree.packages]
    .filter(([directory]) => directory.startsWith('packages/'))
    .flatMap(([directory, manifest]) =>
      sourcesOf(manifest).map(([subpath, source]) => ({
        name: `${manifest.name}${subpath.slice(1)}`,
        file: join(tree.root, directory, source),
      })),
    );
}

function sourcesOf(manifest: PackageManifest): [subpath: string, source: string][] {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const source = (target as Record<string, string> | null)?.['cyborg-source'];
    return source === undefined ? [] : [[subpath, source]];
  });
}

function describe(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const origin = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const isValue = (origin.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(symbol);
  return isValue ? symbol.name : `type ${symbol.name}`;
}

function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (node) => ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  );
}

const byName = (a: string, b: string): number => (a.replace('type ', '') < b.replace('type ', '') ? -1 : 1);

if (import.meta.main) {
  const actual = listExports(readSourceTree());
  if (process.argv.includes('--write')) {
    writeFileSync(join(repositoryRoot, listFile), `${JSON.stringify(actual, undefined, 2)}\n`);
  }
  process.exitCode = reportFindings(compareExports(readExportsList(), actual));
}
