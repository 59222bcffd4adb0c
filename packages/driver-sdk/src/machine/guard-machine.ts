import { posix } from 'node:path';
import picomatch from 'picomatch';
import { DriverError } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import type { Machine } from '../machine.ts';
import { machinePath } from './machine-path.ts';

type Permission = keyof DriverManifest['permissions'];

/**
 * A machine that allows only what a manifest's permissions name. Globs are matched against the real path, links
 * resolved; where nothing is, against the real path of the nearest directory above it. What is not allowed is
 * `denied`, naming the permission that is missing.
 */
export function guardMachine(machine: Machine, permissions: DriverManifest['permissions']): Machine {
  const mayRead = compile(permissions.read);
  const mayWrite = compile(permissions.write);
  const tools = new Set(permissions.tools);

  const readable = async (path: string): Promise<string> => {
    const real = await realPath(machine, machinePath(path));
    if (!mayRead(real)) throw denied('read', path, real);
    return real;
  };
  return {
    read: async (path) => machine.read(await readable(path)),
    readBytes: async (path) => machine.readBytes(await readable(path)),
    list: async (path) => machine.list(await readable(path)),
    link: async (path) => {
      const clean = machinePath(path);
      const directory = await realPath(machine, posix.dirname(clean));
      const real = posix.join(directory, posix.basename(clean));
      if (!mayRead(real)) throw denied('read', path, real);
      return machine.link(real);
    },
    resolve: async (path) => machine.resolve(await readable(path)),
    write: async (path, text) => {
      const real = await realPath(machine, machinePath(path));
      if (!mayWrite(real)) throw denied('write', path, real);
      return machine.write(real, text);
    },
    run: async (tool, args, options) => {
      if (!tools.has(tool)) throw denied('tools', tool, tool);
      return machine.run(tool, args, options);
    },
  };
}

function compile(globs: readonly string[]): (path: string) => boolean {
  return globs.length === 0 ? () => false : picomatch([...globs], { dot: true, nonegate: true });
}

/** The path without links; the part of it that does not exist is kept as it is. */
async function realPath(machine: Machine, path: string): Promise<string> {
  const real = await machine.resolve(path);
  if (real !== undefined || path === '/') return real ?? path;
  return posix.join(await realPath(machine, posix.dirname(path)), posix.basename(path));
}

function denied(permission: Permission, asked: string, real: string): DriverError {
  const where = asked === real ? asked : `${asked} (${real})`;
  const doing = permission === 'tools' ? 'run' : permission;
  return new DriverError('denied', `the driver may not ${doing} ${where}`, {
    hint: `Its manifest has no entry for it under permissions.${permission}.`,
  });
}
