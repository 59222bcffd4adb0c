import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { pathFrom } from './finding.ts';

/** One TypeScript file of ours, parsed. */
export interface SourceFile {
  /** From the root of the repository: `packages/core/src/uuid.ts`. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  /** Directory of the package it belongs to, `packages/core`; undefined outside packages. */
  readonly packageDirectory: string | undefined;
  /** A test, or something that only tests use. */
  readonly isTest: boolean;
}

export interface PackageManifest {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly cyborgDriver?: { readonly entry?: string };
}

/** All sources and manifests: what the checkers work on. */
export interface SourceTree {
  readonly root: string;
  readonly files: readonly SourceFile[];
  /** By directory: `packages/core`. */
  readonly packages: ReadonlyMap<string, PackageManifest>;
}

/** This repository. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const places = ['packages', 'examples', 'tools', 'bench'];
const skipped = new Set(['node_modules', 'dist', 'coverage', '.tmp', 'fixtures', 'peers']);

/** Reads and parses every TypeScript file under a root. */
export function readSourceTree(root: string = repositoryRoot): SourceTree {
  const packages = new Map<string, PackageManifest>();
  for (const directory of ['packages', 'examples'].flatMap((place) => subdirectories(root, place))) {
    const manifest = join(root, directory, 'package.json');
    if (existsSync(manifest))
      packages.set(directory, JSON.parse(readFileSync(manifest, 'utf8')) as PackageManifest);
  }
  const files = places
    .flatMap((place) => sourcesUnder(join(root, place)))
    .map((path) => readSource(root, path));
  return { root, files, packages };
}

/** Line of a position in a file, from 1. */
export function lineOf(file: SourceFile, position: number): number {
  return file.ast.getLineAndCharacterOfPosition(position).line + 1;
}

function readSource(root: string, path: string): SourceFile {
  const relativePath = pathFrom(root, path);
  const text = readFileSync(path, 'utf8');
  const parts = relativePath.split('/');
  return {
    path: relativePath,
    text,
    ast: ts.createSourceFile(relativePath, text, ts.ScriptTarget.ESNext, true),
    packageDirectory:
      parts[0] === 'packages' || parts[0] === 'examples' ? parts.slice(0, 2).join('/') : undefined,
    isTest: /\.test\.ts$|\/test-[\w-]+\.ts$/.test(relativePath) || parts[2] === 'test',
  };
}

function sourcesUnder(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesUnder(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function subdirectories(root: string, place: string): string[] {
  if (!existsSync(join(root, place))) return [];
  return readdirSync(join(root, place), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${place}/${entry.name}`);
}
