// Who may import whom. Alone: node tools/gate/import-law.ts
import { type Finding, reportFindings, wall } from './finding.ts';
import { importsOf, type SourceImport } from './source-imports.ts';
import { readSourceTree, type SourceFile, type SourceTree } from './source-tree.ts';

const drivers = ['driver-gpu', 'driver-fpga', 'driver-pci'];

/** Packages of ours that each package may import; names without `@cyborgjs/`. */
const packageLaw: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'openstack-session': [],
  'placement-client': ['openstack-session'],
  'driver-sdk': ['core'],
  'driver-gpu': ['core', 'driver-sdk'],
  'driver-fpga': ['core', 'driver-sdk'],
  'driver-pci': ['core', 'driver-sdk'],
  client: ['core', 'openstack-session'],
  service: ['core', 'openstack-session', 'placement-client', 'driver-sdk', ...drivers],
};

interface RoomLaw {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

/**
 * Rooms of packages/service/src, and what each may import. Files beside the rooms (compose.ts, main.ts, …) wire
 * them and are free; no room imports them.
 */
const roomLaw: Readonly<Record<string, RoomLaw>> = {
  store: { rooms: [], packages: ['core'] },
  bus: { rooms: [], packages: ['core'] },
  drivers: { rooms: [], packages: ['core', 'driver-sdk'] },
  doctor: { rooms: ['agent', 'drivers'], packages: ['core', 'driver-sdk', 'placement-client'] },
  agent: { rooms: ['bus', 'drivers'], packages: ['core', 'driver-sdk', 'placement-client'] },
  conductor: { rooms: ['store', 'bus'], packages: ['core', 'openstack-session', 'placement-client'] },
  api: { rooms: ['store', 'conductor'], packages: ['core', 'openstack-session'] },
  import: { rooms: ['store', 'conductor'], packages: ['core'] },
};

/** Node's modules that a package may use; a package that is not listed may use all of them. */
const nodeLaw: Readonly<Record<string, readonly string[]>> = {
  core: [],
  // A driver touches the machine only through `sys`; these two do no I/O.
  ...Object.fromEntries(drivers.map((name) => [name, ['node:path', 'node:util']])),
};

/** Imports that break the law, in sources; tests may reach further, into what their package declares. */
export function checkImportLaw(tree: SourceTree): Finding[] {
  return tree.files.flatMap((file) =>
    importsOf(file).flatMap((found) => {
      const broken = breachOf(tree, file, found);
      return broken === undefined ? [] : [wall(file.path, found.line, broken)];
    }),
  );
}

function breachOf(tree: SourceTree, file: SourceFile, found: SourceImport): string | undefined {
  if (file.packageDirectory === undefined) return undefined;
  if (found.target !== undefined) return relativeBreach(file, found.target);
  return undeclared(tree, file, found) ?? (file.isTest ? undefined : foreignBreach(file, found.specifier));
}

function relativeBreach(file: SourceFile, target: string): string | undefined {
  if (!target.startsWith(`${file.packageDirectory}/`) && !isToolConfig(file)) {
    return `${target} is outside ${file.packageDirectory}; import the package by its name`;
  }
  const [from, to] = [roomOf(file.path), roomOf(target)];
  if (file.isTest || from === undefined || from === to) return undefined;
  if (to === undefined) return `room ${from} may not import ${target}, which wires the rooms; pass it in`;
  if (roomLaw[from]?.rooms.includes(to)) return undefined;
  return `room ${from} may not import room ${to}; see roomLaw in tools/gate/import-law.ts`;
}

function foreignBreach(file: SourceFile, specifier: string): string | undefined {
  const name = file.packageDirectory?.split('/')[1] ?? '';
  if (specifier.startsWith('node:')) {
    const allowed = nodeLaw[name];
    if (isToolConfig(file) || allowed === undefined || allowed.includes(specifier)) return undefined;
    return `${name} may not use ${specifier}; it does its work through what it is given`;
  }
  if (!specifier.startsWith('@cyborgjs/') || packageLaw[name] === undefined) return undefined;
  const wanted = specifier.split('/')[1] ?? '';
  if (!packageLaw[name].includes(wanted)) {
    return `${name} may not import ${wanted}; see packageLaw in tools/gate/import-law.ts`;
  }
  const room = roomOf(file.path);
  if (room === undefined || roomLaw[room]?.packages.includes(wanted)) return undefined;
  return `room ${room} may not import ${wanted}; see roomLaw in tools/gate/import-law.ts`;
}

function undeclared(tree: SourceTree, file: SourceFile, found: SourceImport): string | undefined {
  if (found.specifier.startsWith('node:') || isToolConfig(file)) return undefined;
  const manifest = tree.packages.get(file.packageDirectory ?? '');
  const name = found.specifier.split('/', found.specifier.startsWith('@') ? 2 : 1).join('/');
  if (manifest === undefined || name === manifest.name || manifest.dependencies?.[name] !== undefined)
    return undefined;
  const mayBeDevelopment = file.isTest || found.isTypeOnly;
  if (mayBeDevelopment && (manifest.devDependencies?.[name] !== undefined || testTools.has(name)))
    return undefined;
  return `${name} is not among the dependencies in ${file.packageDirectory}/package.json`;
}

/** Development dependencies of the root, which every test sees. */
const testTools = new Set(['vitest', 'fast-check', 'typescript', 'tsup']);

const isToolConfig = (file: SourceFile): boolean => /\/[a-z]+\.config\.ts$/.test(file.path);

/** The room of a path in the service, `agent`; undefined for anything else. */
function roomOf(path: string): string | undefined {
  return /^packages\/service\/src\/([a-z]+)\//.exec(path)?.[1];
}

if (import.meta.main) process.exitCode = reportFindings(checkImportLaw(readSourceTree()));
