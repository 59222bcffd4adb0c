import { posix } from 'node:path';
import picomatch from 'picomatch';
import { DriverError } from '../driver-error.ts';
import type { Machine, PortUse } from '../machine.ts';
import type { CallPermissions } from './call-permissions.ts';
import { isKeptOut } from './driver-error-from-errno.ts';
import { machinePath } from './machine-path.ts';

type Permission = 'read' | 'write' | 'tools' | 'ports';

/** What a manifest's permissions let through; each check answers with the real path, or fails as `denied`. */
export interface Guard {
  readable(path: string): Promise<string>;
  /** The link itself may be read, wherever it leads. */
  readableLink(path: string): Promise<string>;
  writable(path: string): Promise<string>;
  requireTool(tool: string): void;
  requirePort(use: PortUse): void;
}

/**
 * Judges by the real path, links resolved; where nothing is, by the real path of the nearest directory above it.
 * What is not allowed is `denied`, naming the permission that is missing.
 */
export function createGuard(machine: Pick<Machine, 'resolve'>, permissions: CallPermissions): Guard {
  const mayRead = compile(permissions.read);
  const mayWrite = compile(permissions.write);
  const tools = new Set(permissions.tools);
  const ports = new Map(Object.entries(permissions.ports ?? {}));
  const isImage = (path: string): boolean => permissions.images?.includes(machinePath(path)) === true;
  return {
    readable: async (path) => {
      const real = await realPath(machine, machinePath(path));
      if (!mayRead(real) && !isImage(path)) throw denied('read', path, real);
      return real;
    },
    readableLink: async (path) => {
      const clean = machinePath(path);
      const directory = await realPath(machine, posix.dirname(clean));
      const real = posix.join(directory, posix.basename(clean));
      if (!mayRead(real)) throw denied('read', path, real);
      return real;
    },
    writable: async (path) => {
      const real = await realPath(machine, machinePath(path));
      if (!mayWrite(real)) throw denied('write', path, real);
      return real;
    },
    requireTool: (tool) => {
      if (!tools.has(tool)) throw denied('tools', tool, tool);
    },
    requirePort: ({ port, method, writes }) => {
      const access = ports.get(port);
      if (access === 'write' || (access === 'read' && !writes)) return;
      const what = `${port}.${method}${writes ? ', which writes' : ''}`;
      throw denied('ports', what, what);
    },
  };
}

/** A machine that allows only what a manifest's permissions name, as a guard judges it. */
export function guardMachine(machine: Machine, permissions: CallPermissions): Machine {
  const guard = createGuard(machine, permissions);
  return {
    read: async (path) => machine.read(await guard.readable(path)),
    readBytes: async (path, part) => machine.readBytes(await guard.readable(path), part),
    list: async (path) => machine.list(await guard.readable(path)),
    link: async (path) => machine.link(await guard.readableLink(path)),
    resolve: async (path) => machine.resolve(await guard.readable(path)),
    write: async (path, text) => machine.write(await guard.writable(path), text),
    run: async (tool, args, options) => {
      guard.requireTool(tool);
      return machine.run(tool, args, options);
    },
    invoke: async (use, options) => {
      guard.requirePort(use);
      return machine.invoke(use, options);
    },
  };
}

type Matcher = (path: string) => boolean;

/** By the list that a manifest has: each call of a verb has a guard of its own, by the same lists. */
const matchers = new WeakMap<readonly string[], Matcher>();

function compile(globs: readonly string[]): Matcher {
  const matcher =
    matchers.get(globs) ??
    (globs.length === 0 ? () => false : picomatch([...globs], { dot: true, nonegate: true }));
  matchers.set(globs, matcher);
  return matcher;
}

/** The path without links; the part of it that does not exist is kept as it is. */
async function realPath(machine: Pick<Machine, 'resolve'>, path: string): Promise<string> {
  const real = await machine.resolve(path).catch(unlessKeptOut);
  if (real !== undefined || path === '/') return real ?? path;
  return posix.join(await realPath(machine, posix.dirname(path)), posix.basename(path));
}

/** Where Node's own permissions keep a process from even looking, the path is judged as it is. */
function unlessKeptOut(error: unknown): undefined {
  if (error instanceof Error && isKeptOut(error.cause)) return undefined;
  throw error;
}

function denied(permission: Permission, asked: string, real: string): DriverError {
  const where = asked === real ? asked : `${asked} (${real})`;
  const doing = { read: 'read', write: 'write', tools: 'run', ports: 'call' }[permission];
  return new DriverError('denied', `the driver may not ${doing} ${where}`, {
    hint: `Its manifest has no entry for it under permissions.${permission}.`,
  });
}
