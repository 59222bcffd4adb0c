import type { DriverErrorCode } from '@cyborgjs/core';
import { DriverError } from '../driver-error.ts';

interface FailedCall {
  /** What was tried: `read`, `write "0000:83:00.0" to`. */
  readonly doing: string;
  readonly path: string;
  readonly write?: boolean;
}

const usualCodes: Readonly<Record<string, DriverErrorCode>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EBUSY: 'busy',
  EAGAIN: 'busy',
  ETXTBSY: 'busy',
  EEXIST: 'conflict',
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EISDIR: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENODEV: 'hardware',
  ENXIO: 'hardware',
  EIO: 'hardware',
  EINVAL: 'hardware',
  EUCLEAN: 'hardware',
  EREMOTEIO: 'hardware',
  ELOOP: 'hardware',
  ETIMEDOUT: 'timeout',
  ENOSPC: 'unavailable',
  EDQUOT: 'unavailable',
  ENOMEM: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  EINTR: 'unavailable',
  ENOSYS: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOTTY: 'unsupported',
};

/** What a write is told when the kernel does not like the value. */
const writeCodes: Readonly<Record<string, DriverErrorCode>> = { EINVAL: 'invalid', ERANGE: 'invalid' };

const hints: Readonly<Record<string, string>> = {
  EACCES: 'Run the agent as root, and check that the attribute is writable at all.',
  EPERM: 'Run the agent as root; a locked-down kernel refuses it even then.',
  EROFS: 'sysfs is mounted read-only: give the container a writable /sys.',
};

/**
 * A failed system call as a `DriverError`: the message names the path and the errno, the cause is the system's
 * error. What is merely absent never gets here on reads.
 */
export function driverErrorFromErrno(error: unknown, call: FailedCall): DriverError {
  const errno = errnoOf(error) ?? 'an unknown error';
  const code = (call.write === true ? writeCodes[errno] : undefined) ?? usualCodes[errno] ?? 'internal';
  const hint = isKeptOut(error) ? 'Its manifest has no entry for it under permissions.read.' : hints[errno];
  return new DriverError(code, `cannot ${call.doing} ${call.path}: ${errno}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Whether Node's permission model has refused it, before any system call was made. */
export function isKeptOut(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED';
}

/** The errno (`ENODEV`) of a system error, or of the one behind a `DriverError`; undefined when there is none. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (isKeptOut(error)) return 'EACCES';
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code;
  return errnoOf(error.cause);
}
