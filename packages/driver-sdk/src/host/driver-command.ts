import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DriverError } from '../driver-error.ts';
import { currentConditions } from './current-conditions.ts';
import { packageClosure, packageOf } from './package-closure.ts';
import { processWrapper } from './process-wrapper.ts';
import type { MachineChoice } from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';
import { nodeCommand } from './spawn-child.ts';

/** How a driver's process is held in. */
export interface Sandbox {
  /**
   * Whether Node's permission model forbids the process to write files, to read others than its package's and its
   * manifest's, and to start processes and threads: default true. It is a seat belt: it stops mistakes, not an
   * attacker.
   */
  readonly nodePermissions?: boolean;
  /** The user that it runs as, by name or number: a wall. Default the agent's own. */
  readonly user?: string;
}

/** Where a debugger would listen, when `locateSpin` asks for it: a free port that only standard error names. */
const inspection = ['--inspect-port=127.0.0.1:0', '--inspect-publish-uid=stderr'];

interface DriverCommandOptions {
  readonly package: DriverPackage;
  /** The machine that it may read by itself; null where it may read none. */
  readonly machine: MachineChoice | null;
  readonly heapMb: number;
  readonly sandbox: Sandbox;
}

/** The command line of a driver's process. */
export async function driverCommand(options: DriverCommandOptions): Promise<readonly string[]> {
  const { package: driver, heapMb, sandbox } = options;
  const { id, runtime } = driver.manifest;
  const wrapper = await processWrapper(sandbox.user);
  if (runtime !== undefined) return [...wrapper, ...installed(id, runtime.command), driver.entryFile];
  const node = nodeCommand({
    entry: './host/child',
    title: `cyborg-driver ${id}`,
    heapMb,
    flags: [...inspection, ...(sandbox.nodePermissions === false ? [] : permissionFlags(options))],
  });
  return [...wrapper, ...node];
}

function installed(driver: string, command: readonly [string, ...string[]]): readonly string[] {
  if (existsSync(command[0])) return command;
  throw new DriverError('unsupported', `driver ${driver} needs ${command[0]}, which is not installed`, {
    hint: `Install the package that brings ${command[0]}, and start the driver again.`,
  });
}

function permissionFlags({ package: driver, machine }: DriverCommandOptions): string[] {
  const sdk = packageOf(fileURLToPath(import.meta.url));
  const code = new Set([...packageClosure(sdk), ...packageClosure(driver.directory)]);
  const { read, native = false } = driver.manifest.permissions;
  return [
    '--permission',
    ...[...code].map((directory) => `--allow-fs-read=${directory}/*`),
    ...readable(machine, read).map((prefix) => `--allow-fs-read=${prefix}`),
    ...(native ? ['--allow-addons'] : []),
    ...sourceCache(),
    ...(mayAllowInspector ? ['--allow-inspector', '--disable-warning=SecurityWarning'] : []),
  ];
}

/** Node 24 forbids to inspect a process that has permissions unless it is told otherwise. */
const mayAllowInspector = process.allowedNodeEnvironmentFlags.has('--allow-inspector');

/** On sources, what Node has compiled: without it each start takes long. One driver could spoil it for another. */
function sourceCache(): string[] {
  const { NODE_COMPILE_CACHE: cache } = process.env;
  if (cache === undefined || !currentConditions().includes('cyborg-source')) return [];
  return [`--allow-fs-read=${cache}/*`, `--allow-fs-write=${cache}/*`];
}

function readable(machine: MachineChoice | null, globs: readonly string[]): string[] {
  if (machine === null) return [];
  if (machine.kind === 'simulated') return [`${machine.root}/*`];
  return [...new Set(globs.map((glob) => join(machine.root, prefixOf(glob))))];
}

/** What a glob begins with, in the form that Node's permissions take: a path, or a beginning of paths with `*`. */
function prefixOf(glob: string): string {
  const fixed = /^[^*?[\]{}()!+@]*/.exec(glob)?.[0] ?? '/';
  return fixed === glob ? glob : `${fixed}*`;
}

/** Whether Node's permissions can tell the read globs of a manifest from everything. */
export const hasReadPrefixes = (globs: readonly string[]): boolean =>
  globs.every((glob) => prefixOf(glob) !== '/*');
