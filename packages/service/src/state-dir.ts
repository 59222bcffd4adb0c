import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { CyborgError } from '@cyborgjs/core';

/** A state directory that this process alone uses until it is released. */
export interface StateDir {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * Makes the directory when it is absent, closes it to everyone but its owner, and claims it. Throws
 * `state_dir.unusable` that says what is wrong with which path.
 *
 * The claim is a socket in Linux's abstract namespace: the kernel drops it when the process ends in any way, so
 * there is no stale lock to remove.
 */
export async function claimStateDir(path: string, use: string): Promise<StateDir> {
  prepare(path);
  if (process.platform !== 'linux') return { path, release: async () => {} };
  const name = createHash('sha256')
    .update(`${realpathSync(path)} ${use}`)
    .digest('hex')
    .slice(0, 32);
  const claim = await listen(`\0cyborgd-${name}`).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE')
      throw unusable(path, `${cause.message}; check the permissions of the process`, cause);
    throw unusable(
      path,
      'another cyborgd uses it; stop that one, or give this one another --state-dir',
      cause,
    );
  });
  return { path, release: () => new Promise((resolve) => claim.close(() => resolve())) };
}

function prepare(path: string): void {
  try {
    makeDirectory(path);
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const fault = cause as NodeJS.ErrnoException;
    throw unusable(path, `${fault.message}; ${mendFor(fault.code)}`, cause);
  }
}

/** Not by `recursive: true`, which never comes back where the file system refuses new names, as /proc does. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function mendFor(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM')
    return 'give it to the user that runs cyborgd, or set another stateDir';
  if (code === 'EROFS') return 'it lies on a read-only file system: set another stateDir';
  if (code === 'ENOSPC') return 'its file system is full: make room or set another stateDir';
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return 'a file is in the way: remove it or set another stateDir';
  return 'set another stateDir';
}

function unusable(path: string, reason: string, cause: unknown): CyborgError {
  return new CyborgError('state_dir.unusable', `stateDir ${path}: ${reason}`, { details: { path }, cause });
}

function listen(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(name, () => resolve(server.unref()));
  });
}
