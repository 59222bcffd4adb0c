import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  write as writeDescriptor,
} from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { DriverError } from '../driver-error.ts';
import type { BytesPart, Machine } from '../machine.ts';
import { driverErrorFromErrno, errnoOf } from './driver-error-from-errno.ts';
import { machinePath } from './machine-path.ts';
import { runTool } from './run-tool.ts';
import { noLibrary } from './with-libraries.ts';

export interface RealMachineOptions {
  /**
   * Where the machine's root is, default `/`: `/host` in a container that has the host's files there. Symbolic
   * links in it must be relative, as sysfs's are. Tools are looked up below it too.
   */
  readonly root?: string;
  /** Environment variables that tools get besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Whether a write is refused as `denied` when its path leads through a symbolic link: for one who has resolved and
   * judged the path, so that nothing can be put under it in between. It never waits for a reader of a FIFO either.
   */
  readonly exactPaths?: boolean;
}

const readAtOnce = 2 ** 20;
const writeOnce = promisify(writeDescriptor);

/**
 * The machine that this process runs on.
 *
 * Reads are synchronous inside: a driver has its process for itself, and sysfs answers from memory. Writes wait
 * off the event loop, because a write to `unbind` can block until a guest lets go; deadlines and cancellation
 * then still work.
 */
export function createRealMachine(options: RealMachineOptions = {}): Machine {
  const { environment = {}, exactPaths = false } = options;
  const root = rootPrefix(options.root ?? '/');
  const locate = (path: string): string => root + machinePath(path);
  return {
    read: async (path) => unlessAbsent('read', path, () => readFileSync(locate(path), 'utf8')),
    readBytes: async (path, part) =>
      unlessAbsent('read', path, () =>
        part === undefined ? new Uint8Array(readFileSync(locate(path))) : readPart(locate(path), part),
      ),
    list: async (path) => unlessAbsent('list', path, () => readdirSync(locate(path)).sort()),
    link: async (path) => linkName(path, locate(path)),
    resolve: async (path) =>
      unlessAbsent('resolve', path, () => belowRoot(root, realpathSync.native(locate(path)))),
    write: (path, text) =>
      writeAttribute(path, text, () => (exactPaths ? openExactly : openToWrite)(path, locate(path))),
    run: (tool, args, runOptions) =>
      runTool(tool, args, { ...runOptions, environment, program: locate(tool) }),
    invoke: noLibrary,
  };
}

/** No more than the part is ever held. What the kernel makes as it is read may come in pieces of any size. */
function readPart(file: string, { offset = 0, length = Number.POSITIVE_INFINITY }: BytesPart): Uint8Array {
  const descriptor = openSync(file, constants.O_RDONLY);
  try {
    const pieces: Uint8Array[] = [];
    let taken = 0;
    while (taken < length) {
      const piece = new Uint8Array(Math.min(readAtOnce, length - taken));
      const count = readSync(descriptor, piece, 0, piece.length, offset + taken);
      if (count === 0) break;
      pieces.push(piece.subarray(0, count));
      taken += count;
    }
    return new Uint8Array(Buffer.concat(pieces));
  } finally {
    closeSync(descriptor);
  }
}

/** The real path of the root, so that what `realpath` says can be cut to it; empty for `/` itself. */
function rootPrefix(root: string): string {
  const real = realpathSync(root);
  return real === '/' ? '' : real;
}

function unlessAbsent<Result>(doing: string, path: string, work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error instanceof DriverError ? error : driverErrorFromErrno(error, { doing, path });
  }
}

function linkName(path: string, file: string): string | undefined {
  return unlessAbsent('read the link', path, () => {
    try {
      return posix.basename(readlinkSync(file));
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return undefined;
      throw error;
    }
  });
}

function belowRoot(root: string, real: string): string {
  if (root === '' || real.startsWith(`${root}/`)) return real.slice(root.length);
  if (real === root) return '/';
  throw new DriverError('denied', `${real} lies outside the machine's root ${root}`);
}

async function writeAttribute(path: string, text: string, open: () => number): Promise<void> {
  requireText(path, text);
  const doing = `write ${JSON.stringify(text.slice(0, 80))} to`;
  let descriptor: number | undefined;
  try {
    descriptor = open();
    const { bytesWritten } = await writeOnce(descriptor, text, null, 'utf8');
    if (bytesWritten !== Buffer.byteLength(text)) {
      throw new DriverError('hardware', `cannot ${doing} ${path}: only ${bytesWritten} bytes were taken`);
    }
  } catch (error) {
    throw error instanceof DriverError ? error : driverErrorFromErrno(error, { doing, path, write: true });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const openToWrite = (_path: string, file: string): number => openSync(file, constants.O_WRONLY);

function openExactly(path: string, file: string): number {
  const { O_WRONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') throw leadsElsewhere(path, 'a link', error);
    throw error;
  }
  const opened = openedFile(descriptor);
  if (opened === undefined || opened === file) return descriptor;
  closeSync(descriptor);
  throw leadsElsewhere(path, opened);
}

/** What a descriptor is open on, by proc_pid_fd(5); undefined where there is no procfs. */
function openedFile(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

function leadsElsewhere(path: string, where: string, cause?: unknown): DriverError {
  return new DriverError('denied', `${path} was replaced while it was looked at: it now leads to ${where}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A write of nothing makes no system call at all, so an attribute would silently keep its value. */
export function requireText(path: string, text: string): void {
  if (text !== '') return;
  throw new DriverError('invalid', `cannot write an empty text to ${path}`, {
    hint: 'Write "\\n" to clear a kernel attribute.',
  });
}
