import { DriverError, isDriverError } from '../driver-error.ts';
import type { RunResult } from '../machine.ts';
import { driverErrorFromErrno, errnoOf } from './driver-error-from-errno.ts';

/** The failure of a run that did not even start. */
export function cannotStart(tool: string, error: unknown): DriverError {
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return toolMissing(tool, error);
  return driverErrorFromErrno(error, { doing: 'run', path: tool });
}

/** The failure of a run whose tool is not there. */
export function toolMissing(tool: string, cause: unknown): DriverError {
  return new DriverError('unsupported', `${tool} is not installed`, {
    hint: `Install the package that brings ${tool}, or set its path in the driver's config.`,
    cause,
  });
}

/** The failure of a run that took too long. */
export function timedOut(tool: string, timeoutMs: number): DriverError {
  return new DriverError('timeout', `${tool} did not end within ${timeoutMs} ms and was ended`);
}

/** The failure of a run that printed too much: half an answer must not be read as a whole one. */
export function tooLoud(tool: string, maxOutputBytes: number): DriverError {
  return new DriverError('hardware', `${tool} printed more than ${maxOutputBytes} bytes and was ended`);
}

/** The failure of a run whose signal was aborted: the reason itself where that is a `DriverError`. */
export function canceled(tool: string, signal: AbortSignal | undefined): DriverError {
  const reason: unknown = signal?.reason;
  if (isDriverError(reason)) return reason;
  return new DriverError('canceled', `${tool} was ended: the call is canceled`);
}

/** How much of what a tool said is passed on. */
const keptWords = 1_000;

/** The failure of a run that ended, and not well: `hardware`, with the end of what it said, printable. */
export function toolFailed(tool: string, result: Pick<RunResult, 'code' | 'out' | 'err'>): DriverError {
  const said = (result.err.trim() || result.out.trim()).replace(/[^\x20-\x7e]+/g, ' ').trim();
  const told = said === '' ? 'without a word' : `saying: ${said.slice(-keptWords)}`;
  return new DriverError('hardware', `${tool} ended with ${result.code}, ${told}`);
}
